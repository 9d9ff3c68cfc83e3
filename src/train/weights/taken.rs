//! Which weights of a file become those that a net begins with, and why the others do not.

use super::foreign;
use super::pattern;
use super::wish::{Renamed, WeightsFrom};
use crate::back::burn::Weight;
use lcnnc_lang::diag::{counted, did_you_mean};
use lcnnc_lang::ir::{Net, Param, Sign};
use std::collections::{BTreeMap, BTreeSet};

/// Names that a message lists before it says how many more there are.
const LISTED: usize = 4;
/// The last part of the name of a running variance.
const VARIANCE: &str = ".running_var";

/// The weights of a file that a net takes.
#[derive(Debug, Default)]
pub struct Chosen {
    /// Under the names of the net.
    pub weights: Vec<Weight>,
    /// What became of each tensor of the file and of each parameter of the net: the name there, the name here, the shape, and what
    /// became of it.
    pub rows: Vec<[String; 4]>,
}

/// A tensor of a file with the names that it goes by.
struct Candidate {
    /// As the file has it.
    full: String,
    /// Under the name that it has in the net, if the net has it.
    weight: Weight,
    /// Without what all names of the file begin with.
    bare: String,
}

impl Candidate {
    fn is(&self, wanted: &str) -> bool {
        [&self.full, &self.bare, &self.weight.name].into_iter().any(|name| pattern::stars(wanted, name).is_some())
    }

    /// Why a wish leaves it out, if it does.
    fn left_out(&self, wish: &WeightsFrom) -> Option<String> {
        if let Some(except) = wish.except.iter().find(|except| self.is(except)) {
            return Some(format!("not taken: `{except}` is excepted"));
        }
        let is_wanted = wish.only.is_empty() || wish.only.iter().any(|only| self.is(only));
        (!is_wanted).then(|| "not taken: `only` does not name it".to_owned())
    }
}

/// Chooses what a net takes of the weights of a file. `others` are those whose numbers no net can have, each with their type.
///
/// # Errors
/// Everything that does not fit, in sentences.
pub fn choose(
    wish: &WeightsFrom,
    (found, others): (Vec<Weight>, &BTreeMap<String, String>),
    net: &Net,
) -> Result<Chosen, Vec<String>> {
    let candidates = candidates(wish, found, net);
    let mut problems = unused(wish, &candidates, net);
    let mut chosen = Chosen::default();
    let mut from: Vec<Option<String>> = vec![None; net.params.len()];
    let (mut rest, mut unfit) = (Vec::new(), Vec::new());
    // What another tensor of the file becomes is not what was meant.
    let given: BTreeSet<String> = candidates.iter().map(|candidate| candidate.weight.name.clone()).collect();
    for candidate in candidates {
        let place = net.params.iter().position(|param| param.name == candidate.weight.name);
        let here = place.map_or("-", |place| net.params[place].name.as_str()).to_owned();
        let row = |what: String| [candidate.full.clone(), here, format!("{:?}", candidate.weight.shape), what];
        if let Some(why) = candidate.left_out(wish) {
            rest.push((row(why), place));
            continue;
        }
        let Some(place) = place else {
            let what =
                format!("not taken: the net has no `{}`{}", candidate.weight.name, meant(&candidate, net, &given));
            rest.push((row(what), None));
            continue;
        };
        let param = &net.params[place];
        match (misfit(&candidate, others, param), &from[place]) {
            (Some(problem), _) => {
                problems.push(problem);
                unfit.push(format!("--weights-except {}", candidate.bare));
            }
            (None, Some(other)) => problems.push(format!(
                "`{other}` and `{}` of the file are both `{}` of the net: leave one of them out with `--weights-except`",
                candidate.full, param.name
            )),
            (None, None) => {
                let what = if param.frozen { "taken, and frozen" } else { "taken" };
                chosen.rows.push(row(what.to_owned()));
                from[place] = Some(candidate.full);
                chosen.weights.push(candidate.weight);
            }
        }
    }
    if !unfit.is_empty() {
        problems.push(format!(
            "what does not fit is left out with `{}`, or with `except` under `weights_from` in run.yaml; `*` \
             stands for any signs",
            unfit.join(" ")
        ));
    }
    if chosen.weights.is_empty() && problems.is_empty() {
        problems.push(nothing(&rest, net));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let order = |row: &[String; 4]| net.params.iter().position(|param| param.name == row[1]);
    chosen.rows.sort_by_key(order);
    for (mut row, place) in rest {
        if let Some(place) = place.filter(|place| from[*place].is_none()) {
            row[3] += &format!("; {}", stays(&net.params[place]));
            // One row tells of both.
            from[place] = Some(row[0].clone());
        }
        chosen.rows.push(row);
    }
    for (param, _) in net.params.iter().zip(&from).filter(|(_, from)| from.is_none()) {
        let what = format!("nothing is taken; {}", stays(param));
        chosen.rows.push(["-".to_owned(), param.name.clone(), format!("{:?}", param.shape), what]);
    }
    Ok(chosen)
}

/// What a parameter is that takes nothing.
fn stays(param: &Param) -> &'static str {
    if param.frozen { "frozen as the spec starts it" } else { "starts as the spec says" }
}

fn candidates(wish: &WeightsFrom, mut found: Vec<Weight>, net: &Net) -> Vec<Candidate> {
    let full: Vec<String> = found.iter().map(|weight| weight.name.clone()).collect();
    foreign::unwrapped(&mut found, net.params.iter().map(|param| param.name.as_str()));
    let candidate = |(full, mut weight): (String, Weight)| {
        let bare = weight.name.clone();
        let renamed = wish.rename.iter().find_map(|Renamed { theirs, ours }| {
            let stars = pattern::stars(theirs, &bare).or_else(|| pattern::stars(theirs, &full))?;
            Some(pattern::filled(ours, &stars))
        });
        weight.name = renamed.unwrap_or_else(|| bare.clone());
        Candidate { full, weight, bare }
    };
    full.into_iter().zip(found).map(candidate).collect()
}

/// The patterns that are those of no name: a slip of the pen would come to nothing else.
fn unused(wish: &WeightsFrom, candidates: &[Candidate], net: &Net) -> Vec<String> {
    let in_file = || candidates.iter().flat_map(|it| [it.full.as_str(), it.bare.as_str()]);
    let in_net = || net.params.iter().map(|param| param.name.as_str());
    let is_of = |wanted: &str, mut names: Box<dyn Iterator<Item = &str> + '_>| {
        names.any(|name| pattern::stars(wanted, name).is_some())
    };
    let help = |wanted: &str, mut names: Vec<&str>| {
        names.sort_unstable();
        names.dedup();
        let owners: Vec<String> =
            names.iter().filter_map(|name| Some(format!("{}.*", name.rsplit_once('.')?.0))).collect();
        let near = did_you_mean(wanted, names.iter().copied().chain(owners.iter().map(String::as_str)));
        let near = near.map(|near| format!("; did you mean `{near}`?"));
        near.unwrap_or_else(|| format!("; names are {}", listed(names)))
    };
    let mut problems = Vec::new();
    for (key, wanted) in [("only", &wish.only), ("except", &wish.except)] {
        for wanted in wanted {
            if !is_of(wanted, Box::new(in_file().chain(in_net()))) {
                let help = help(wanted, in_file().chain(in_net()).collect());
                problems.push(format!("`{key}`: neither the file nor the net has a name that `{wanted}` fits{help}"));
            }
        }
    }
    for Renamed { theirs, ours } in &wish.rename {
        let stars = in_file().filter_map(|name| pattern::stars(theirs, name));
        let becomes: Vec<String> = stars.map(|stars| pattern::filled(ours, &stars)).collect();
        match becomes.first() {
            None => {
                let help = help(theirs, in_file().collect());
                problems.push(format!("`rename`: the file has no name that `{theirs}` fits{help}"));
            }
            Some(first) if in_net().all(|name| !becomes.iter().any(|ours| ours == name)) => {
                let given = |name: &&str| candidates.iter().any(|it| it.weight.name == **name);
                let free: Vec<&str> = in_net().filter(|name| !given(name)).collect();
                let help = help(first, if free.is_empty() { in_net().collect() } else { free });
                problems.push(format!("`rename`: `{theirs}` becomes `{first}`, which the net does not have{help}"));
            }
            Some(_) => {}
        }
    }
    problems
}

/// Why a tensor cannot be a parameter's first numbers, if it cannot.
fn misfit(candidate: &Candidate, others: &BTreeMap<String, String>, param: &Param) -> Option<String> {
    let Candidate { full, weight, .. } = candidate;
    let begins = format!("`{full}` of the file");
    if let Some(kind) = others.get(full) {
        return Some(format!("{begins} holds numbers of type {kind}, and those of the net are F32, F64, F16 or BF16"));
    }
    if weight.shape != param.shape {
        let (there, here) = (&weight.shape, &param.shape);
        return Some(format!("{begins} has the shape {there:?}, and `{}` of the net {here:?}", param.name));
    }
    let count = |is: &dyn Fn(f32) -> bool| weight.values.iter().filter(|x| is(**x as f32)).count();
    let not_finite = count(&|x| !x.is_finite());
    if not_finite > 0 {
        return Some(format!("{begins} has {} not finite in single precision", counted(not_finite, "number")));
    }
    let below = count(&|x| x < 0.0);
    if below > 0 && param.name.ends_with(VARIANCE) {
        return Some(format!(
            "{begins} has {} below zero, and `{}` of the net is a variance",
            counted(below, "number"),
            param.name
        ));
    }
    let (word, side, wrong) = match param.sign? {
        Sign::Nonnegative => ("nonnegative", "below", below),
        Sign::Nonpositive => ("nonpositive", "above", count(&|x| x > 0.0)),
    };
    let numbers = counted(wrong, "number");
    (wrong > 0).then(|| format!("{begins} has {numbers} {side} zero, and `{}` of the net is {word}", param.name))
}

/// The question whether another name was meant.
fn meant(candidate: &Candidate, net: &Net, given: &BTreeSet<String>) -> String {
    let free = net.params.iter().map(|param| param.name.as_str()).filter(|name| !given.contains(*name));
    let near = did_you_mean(&candidate.weight.name, free);
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// What to do where a file has nothing that the net takes.
fn nothing(rest: &[([String; 4], Option<usize>)], net: &Net) -> String {
    let theirs: Vec<&str> = rest.iter().map(|(row, _)| row[0].as_str()).collect();
    if theirs.is_empty() {
        return "there is no tensor in the file: it was written without weights".to_owned();
    }
    if rest.iter().all(|(_, place)| place.is_some()) {
        return format!("`only` and `except` leave nothing of the file to take: its names are {}", listed(theirs));
    }
    let ours = net.params.iter().map(|param| param.name.as_str()).collect();
    format!(
        "nothing of the file is taken: its names are {}, those of the net {}; say with `--weights-rename THEIRS=OURS`, or with `rename` under `weights_from` in run.yaml, which is which",
        listed(theirs),
        listed(ours)
    )
}

fn listed(names: Vec<&str>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let first: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    match (first.as_slice(), more) {
        ([], _) => "none".to_owned(),
        (first, 0) => first.join(", "),
        (first, more) => format!("{} and {more} more", first.join(", ")),
    }
}
