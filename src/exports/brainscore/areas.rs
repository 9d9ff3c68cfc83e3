//! Which value of a net stands for which region of the cortex.

use lcnnc_lang::back::pytorch::{self, Place};
use lcnnc_lang::diag::{among, did_you_mean};
use lcnnc_lang::ir::Net;
use std::ops::Range;

/// The regions that Brain-Score has recordings of.
pub const REGIONS: [&str; 4] = ["V1", "V2", "V4", "IT"];

/// A region and the value that stands for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    pub region: &'static str,
    pub place: Place,
    /// The first call of the value's module that holds something of the image.
    pub first: usize,
}

impl Area {
    /// The calls of the value's module at which the region has an activity.
    pub fn calls(&self) -> Range<usize> {
        self.first..self.place.calls()
    }

    pub fn is_in_a_loop(&self) -> bool {
        !self.place.loops.is_empty()
    }

    /// The name under which Brain-Score finds the value's module.
    pub fn layer(&self) -> String {
        format!("{}.{}", self.region, last(&self.place.module))
    }
}

/// The areas of a net, and what is to be said of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    pub areas: Vec<Area>,
    pub warnings: Vec<String>,
}

/// The areas of a net: those that are asked for as region and value, and those that have the name of a region.
///
/// # Errors
/// If a region or a value is unknown or cannot be recorded, or if there is no area at all.
pub fn mapped(net: &Net, asked: &[(String, String)]) -> Result<Mapping, String> {
    let places = pytorch::places(net);
    if let Some((region, _)) = asked.iter().find(|(region, _)| !REGIONS.contains(&region.as_str())) {
        let known = REGIONS.join(", ");
        let same = REGIONS.into_iter().find(|known| known.eq_ignore_ascii_case(region));
        return Err(match same.or_else(|| did_you_mean(region, REGIONS)) {
            Some(near) => {
                format!("`--map {region}=…`: there is no region `{region}`; did you mean `{near}`? Regions are {known}")
            }
            None => format!("`--map {region}=…`: there is no region `{region}`; regions are {known}"),
        });
    }
    let twice = |n: usize| asked[..n].iter().any(|(region, _)| *region == asked[n].0);
    if let Some(n) = (0..asked.len()).find(|n| twice(*n)) {
        return Err(format!(
            "`--map`: `{}` is given twice, and one value stands for a region: leave one out",
            asked[n].0
        ));
    }
    let mut mapping = Mapping::default();
    for region in REGIONS {
        let word = asked.iter().find(|(known, _)| known == region).map(|(_, word)| word.as_str());
        let found = found(&places, word.unwrap_or(region));
        match (found, word) {
            (Some(place), _) => match recorded(place) {
                Ok(first) => mapping.areas.push(Area { region, place: place.clone(), first }),
                Err(reason) if word.is_some() => return Err(format!("`--map {region}={}`: {reason}", place.name)),
                Err(reason) => mapping.warnings.push(format!("region {region} is left out: {reason}")),
            },
            (None, Some(word)) => return Err(unknown(&places, region, word)),
            (None, None) => {}
        }
    }
    if mapping.areas.is_empty() {
        let areas = groups(&places).into_iter().map(|(group, _)| group).collect::<Vec<_>>();
        let of = if areas.is_empty() { names(&places) } else { areas };
        let such = of.last().copied().unwrap_or("O");
        let left = mapping.warnings.iter().map(|warning| format!("; {warning}")).collect::<String>();
        return Err(format!(
            "no area has the name of a region: say which value stands for which, as in `--map V1={such}`; the net has {}{left}",
            among(of)
        ));
    }
    // What a copy of a block hands on may have the copy's name, and lie outside of it: `layer1 = max_pool(dann(image), 2)`.
    let is_meant = |group: &str, own: &[&Place]| {
        // Whoever gives the region of its name to another value does not mean it.
        asked.iter().any(|(region, _)| region == group)
            || mapping.areas.iter().any(|area| area.place.path == group || own.contains(&&area.place))
    };
    let left: Vec<&str> =
        groups(&places).into_iter().filter(|(group, own)| !is_meant(group, own)).map(|(group, _)| group).collect();
    if let Some(one) = left.first() {
        let free = REGIONS.iter().find(|region| mapping.areas.iter().all(|area| area.region != **region));
        let way = free.map_or(String::new(), |region| format!("; `--map {region}={one}` would give it one"));
        let named = if left.len() == 1 {
            format!("the area {one} stands")
        } else {
            format!("the areas {} stand", left.join(", "))
        };
        mapping.warnings.push(format!("{named} for no region{way}"));
    }
    let late = mapping.areas.iter().filter_map(late).collect::<Vec<_>>();
    mapping.warnings.extend(late);
    Ok(mapping)
}

/// What is said of an area that the image does not reach at once.
fn late(area: &Area) -> Option<String> {
    let before = area.first.checked_sub(1)?;
    let (layer, name) = (area.layer(), &area.place.name);
    let calls = if before == 0 { format!("{layer}-t0 is") } else { format!("{layer}-t0 to {layer}-t{before} are") };
    Some(format!("{calls} left out: the image has not reached {name} by then; see `lcnnc check --timing`"))
}

/// The first call at which a value can be recorded, or why it cannot be at any.
fn recorded(place: &Place) -> Result<usize, String> {
    let name = &place.name;
    if place.loops.len() > 1 {
        return Err(format!("`{name}` is in a loop inside of a loop, whose steps are no time of their own"));
    }
    let live = place.live.filter(|first| *first < place.calls());
    live.ok_or_else(|| format!("the image never reaches `{name}`; see `lcnnc check --timing`"))
}

/// The value that a word means: one of that name, or the one that an area of that name hands on.
fn found<'a>(places: &'a [Place], word: &str) -> Option<&'a Place> {
    let named = |is: &dyn Fn(&Place) -> bool| places.iter().rev().find(|place| is(place));
    named(&|place| place.name == word || place.path == word)
        .or_else(|| named(&|place| last(&place.path) == word))
        .or_else(|| named(&|place| place.is_state && place.path.split('.').any(|part| part == word)))
        .or_else(|| named(&|place| place.path.split('.').any(|part| part == word)))
}

fn unknown(places: &[Place], region: &str, word: &str) -> String {
    let mut known: Vec<&str> = names(places);
    known.extend(groups(places).into_iter().map(|(group, _)| group));
    match did_you_mean(word, known.iter().copied()) {
        Some(near) => format!("`--map {region}={word}`: the net has no value or area `{word}`; did you mean `{near}`?"),
        None => format!("`--map {region}={word}`: the net has no value or area `{word}`; it has {}", among(known)),
    }
}

fn names(places: &[Place]) -> Vec<&str> {
    places.iter().map(|place| place.name.as_str()).collect()
}

/// The areas of a net, each with its values: copies of blocks, loops with one state, and states of loops with several.
fn groups(places: &[Place]) -> Vec<(&str, Vec<&Place>)> {
    let mut groups: Vec<(&str, Vec<&Place>)> = Vec::new();
    for place in places {
        let Some((above, own)) = place.path.rsplit_once('.') else { continue };
        let beside = |other: &&Place| other.is_state && other.path.rsplit_once('.').is_some_and(|(it, _)| it == above);
        let is_top = !above.contains('.') && !place.loops.is_empty();
        let group = match is_top && places.iter().filter(beside).count() > 1 {
            true if !place.is_state => continue,
            true => own,
            false => above.split('.').next().unwrap_or(above),
        };
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, own)) => own.push(place),
            None => groups.push((group, vec![place])),
        }
    }
    groups
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
