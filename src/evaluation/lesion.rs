//! Lesions: parameters and channels that are set to zero, and random ones of the same size.

use crate::back::burn::Weight;
use crate::data::random::{Stream, Use};
use crate::train::{TrainError, Trained};
use lcnnc_lang::diag::{among, counted, did_you_mean};
use lcnnc_lang::ir::{Net, Param, ParamClass, ParamId, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is set to zero in a net, all of it together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lesion {
    /// The places of numbers in each parameter, each once, by the parameter's place in the net.
    pub weights: BTreeMap<usize, Vec<usize>>,
    /// The channels of each named value.
    pub channels: BTreeMap<String, BTreeSet<usize>>,
    /// The value whose channels were named first, if any were.
    pub first: Option<String>,
    /// The parameters that random lesions are drawn among, with the words that name them; all of the net where there are none.
    among: Option<(BTreeSet<usize>, String)>,
}

/// Layers that are named of those that random lesions lie in.
const NAMED: usize = 3;

/// What random weights are drawn among: those of one class. Running statistics are never part of a lesion.
const CLASSES: [ParamClass; 3] = [ParamClass::Kernel, ParamClass::Bias, ParamClass::Norm];

impl Lesion {
    /// The lesion that texts ask for: `W_L`, `W_L.weight`, `O:3`, `role:inhibitory`.
    ///
    /// # Errors
    /// Which of them the net does not have, and what to write.
    pub fn of(net: &Net, texts: &[String]) -> Result<Self, TrainError> {
        let mut lesion = Self::default();
        for (n, text) in texts.iter().enumerate() {
            if texts[..n].iter().any(|other| other.trim() == text.trim()) {
                let (what, reason) =
                    (format!("`--lesion {text}`"), "it is given twice: leave one of them out".to_owned());
                return Err(TrainError::Unanswered { what, reason });
            }
            lesion.add(net, text.trim()).map_err(|reason| {
                let what = format!("`--lesion {text}`");
                TrainError::Unanswered { what, reason }
            })?;
        }
        Ok(lesion)
    }

    /// Has random lesions drawn among the parameters that texts name, in place of all of the net: `W_L`, an area as `V4`, or
    /// `role:excitatory`.
    ///
    /// # Errors
    /// Which of them the net does not have, or that they have fewer numbers than the lesion.
    pub fn among(mut self, net: &Net, texts: &[String]) -> Result<Self, TrainError> {
        if texts.is_empty() {
            return Ok(self);
        }
        let flag = |text: &str| format!("`--random-lesions-among {text}`");
        let mut named = Self::default();
        for text in texts {
            let refused = |reason| TrainError::Unanswered { what: flag(text), reason };
            named.place(net, text.trim()).map_err(refused)?;
        }
        let named: BTreeSet<usize> = named.weights.into_keys().collect();
        let refused = |reason| Err(TrainError::Unanswered { what: flag(&texts.join(" ")), reason });
        if self.weights.is_empty() {
            return refused("random lesions of channels are drawn among the channels of the same value".to_owned());
        }
        for class in CLASSES {
            let is_of_class = |n: &usize| net.params[*n].class == class;
            let count = |all: &mut dyn Iterator<Item = &usize>| {
                all.filter(|n| is_of_class(n)).map(|n| net.params[*n].len()).sum::<usize>()
            };
            let size: usize = self.weights.iter().filter(|(n, _)| is_of_class(n)).map(|(_, places)| places.len()).sum();
            let there = count(&mut named.iter());
            if there < size {
                let what = words(class);
                return refused(format!("it has {there} {what} to draw among, and the lesion is of {size}: name more"));
            }
        }
        let texts: Vec<String> = texts.iter().map(|text| format!("`{}`", text.trim())).collect();
        self.among = Some((named, texts.join(" and ")));
        Ok(self)
    }

    /// Takes in parameters by their name or by that of the area that they lie in.
    fn place(&mut self, net: &Net, text: &str) -> Result<(), String> {
        match text.split_once(':') {
            Some(("role", role)) => self.role(net, role),
            Some(_) => {
                Err("expected a parameter, an area or a role, as in `W_L`, `V1` or `role:inhibitory`".to_owned())
            }
            None => {
                let area = format!("{text}.");
                if self.params(net, |n| net.params[n].name.starts_with(&area)) > 0 {
                    return Ok(());
                }
                self.param(net, text)
            }
        }
    }

    /// Whether random lesions may lie in a parameter.
    fn may_lie_in(&self, n: usize) -> bool {
        self.among.as_ref().is_none_or(|(named, _)| named.contains(&n))
    }

    fn add(&mut self, net: &Net, text: &str) -> Result<(), String> {
        match text.split_once(':') {
            Some(("role", role)) => self.role(net, role),
            Some((value, channel)) => self.channel(net, value, channel),
            None => self.param(net, text),
        }
    }

    fn role(&mut self, net: &Net, word: &str) -> Result<(), String> {
        let words = || Role::ALL.iter().map(ToString::to_string);
        let role = Role::ALL.into_iter().find(|role| role.to_string() == word || role.word() == word);
        let role = role.ok_or_else(|| {
            let words: Vec<String> = words().map(|word| format!("role:{word}")).collect();
            format!("expected {}", among(words.iter().map(String::as_str)))
        })?;
        match self.params(net, |n| net.params[n].role == Some(role)) {
            0 => Err(format!(
                "no parameter of the net is {role}: roles come from the arms `exc` and `inh` of a `branch`"
            )),
            _ => Ok(()),
        }
    }

    fn param(&mut self, net: &Net, name: &str) -> Result<(), String> {
        let owner = |n: usize| net.owner(ParamId(n));
        if self.params(net, |n| net.params[n].name == name || net.params[n].owner() == name || owner(n) == name) > 0 {
            return Ok(());
        }
        let values = values(net);
        if let Some(channels) = values.get(name.strip_suffix('\'').unwrap_or(name)) {
            return Err(format!(
                "it is a value: name one of its channels, from `{name}:0` to `{name}:{}`",
                channels - 1
            ));
        }
        let owners: BTreeSet<&str> =
            (0..net.params.len()).filter(|n| CLASSES.contains(&net.params[*n].class)).map(owner).collect();
        let names = net.params.iter().map(|param| param.name.as_str());
        match did_you_mean(name, owners.iter().copied().chain(names)) {
            Some(near) => Err(format!("the net has no parameter `{name}`; did you mean `{near}`?")),
            None => Err(format!("the net has no parameter `{name}`; its parameters are {}", among(owners))),
        }
    }

    /// Takes in the parameters that are meant as a whole, and gives their number.
    fn params(&mut self, net: &Net, is_meant: impl Fn(usize) -> bool) -> usize {
        // A version of a parameter for one step is named by its first one too.
        let first = |n: usize| {
            let versions = |(_, each): &(&ParamId, &Vec<_>)| each.contains(&ParamId(n));
            net.per_step.iter().find(versions).map_or(n, |(first, _)| first.0)
        };
        let meant = |n: &usize| CLASSES.contains(&net.params[*n].class) && (is_meant(*n) || is_meant(first(*n)));
        let meant: Vec<usize> = (0..net.params.len()).filter(meant).collect();
        for n in &meant {
            self.weights.insert(*n, (0..net.params[*n].len()).collect());
        }
        meant.len()
    }

    fn channel(&mut self, net: &Net, value: &str, channel: &str) -> Result<(), String> {
        let value = value.strip_suffix('\'').unwrap_or(value);
        let values = values(net);
        let Some(channels) = values.get(value) else {
            if value == net.input.0 {
                return Err("the input is no value of the net: name a value that the net makes of it".to_owned());
            }
            let known = || values.keys().map(String::as_str);
            return Err(match did_you_mean(value, known()) {
                Some(near) => format!("the net has no value `{value}`; did you mean `{near}:{channel}`?"),
                None => format!("the net has no value `{value}`; its values are {}", among(known())),
            });
        };
        match channel.trim().parse::<usize>() {
            Ok(channel) if channel < *channels => {
                self.channels.entry(value.to_owned()).or_default().insert(channel);
                self.first.get_or_insert_with(|| value.to_owned());
                Ok(())
            }
            _ => Err(format!("the channels of `{value}` are counted from 0 to {}, found `{channel}`", channels - 1)),
        }
    }

    /// Whether another one sets the same weights and channels to zero.
    pub fn is_same(&self, other: &Self) -> bool {
        self.weights == other.weights && self.channels == other.channels
    }

    /// How many weights it sets to zero.
    pub fn weights(&self) -> usize {
        self.weights.values().map(Vec::len).sum()
    }

    /// How many channels it sets to zero.
    pub fn channels(&self) -> usize {
        self.channels.values().map(BTreeSet::len).sum()
    }

    /// A random lesion of the same size: as many kernels, biases and gains as this one has, at random places among all of the net, or
    /// among the parameters of [`Lesion::among`]; and as many other channels of each value, or any where there are not so many others.
    #[must_use]
    pub fn random(&self, net: &Net, seed: u64, number: u64) -> Self {
        let mut stream = Stream::new(seed, Use::Lesion, number);
        let mut random = Self::default();
        for class in CLASSES {
            let of_class: Vec<usize> = (0..net.params.len()).filter(|n| net.params[*n].class == class).collect();
            let count = of_class.iter().filter_map(|n| self.weights.get(n)).map(Vec::len).sum();
            let among = of_class.iter().filter(|n| self.may_lie_in(**n));
            let places = among.flat_map(|n| (0..net.params[*n].len()).map(|place| (*n, place)));
            for (param, place) in drawn(places.collect(), count, &mut stream) {
                random.weights.entry(param).or_default().push(place);
            }
        }
        let values = values(net);
        for (value, channels) in &self.channels {
            let all = 0..values.get(value).copied().unwrap_or(0);
            let others: Vec<usize> = all.clone().filter(|channel| !channels.contains(channel)).collect();
            let among = if others.len() < channels.len() { all.collect() } else { others };
            random.channels.insert(value.clone(), drawn(among, channels.len(), &mut stream).into_iter().collect());
        }
        random
    }

    /// Where random lesions lie: how the numbers that they are drawn among fall to the layers of the net.
    pub fn drawn_among(&self, net: &Net) -> String {
        let mut parts = Vec::new();
        let is_drawn = |class: &ParamClass| self.weights.keys().any(|n| net.params[*n].class == *class);
        let classes: Vec<ParamClass> = CLASSES.into_iter().filter(is_drawn).collect();
        if !classes.is_empty() {
            let mut of_layer: BTreeMap<&str, usize> = BTreeMap::new();
            let may = |(n, param): &(usize, &Param)| classes.contains(&param.class) && self.may_lie_in(*n);
            for (n, param) in net.params.iter().enumerate().filter(may) {
                *of_layer.entry(net.owner(ParamId(n))).or_default() += param.len();
            }
            let all: usize = of_layer.values().sum();
            let mut layers: Vec<(&str, usize)> = of_layer.into_iter().collect();
            layers.sort_by_key(|(_, len)| std::cmp::Reverse(*len));
            let share = |len: usize| format!("{:.1} %", 100.0 * len as f64 / all.max(1) as f64);
            let (named, others) = layers.split_at(layers.len().min(NAMED));
            let mut shares: Vec<String> =
                named.iter().map(|(layer, len)| format!("{} in `{layer}`", share(*len))).collect();
            if !others.is_empty() {
                let rest = others.iter().map(|(_, len)| len).sum();
                shares.push(format!("{} in {}", share(rest), counted(others.len(), "other layer")));
            }
            let words: Vec<&str> = classes.iter().map(|class| words(*class)).collect();
            let of = self.among.as_ref().map_or("the net", |(_, texts)| texts);
            parts.push(format!("all {} of {of}, {}", words.join(" and "), shares.join(", ")));
        }
        parts.extend(self.channels.keys().map(|value| format!("the channels of `{value}`")));
        parts.join("; ")
    }

    /// The run's net with the lesion.
    ///
    /// # Errors
    /// If the device failed.
    pub fn applied(&self, trained: &Trained) -> Result<Trained, TrainError> {
        let mut net = trained.model().net().as_ref().clone();
        let mut weights = trained.model().weights()?;
        for (param, places) in &self.weights {
            places.iter().for_each(|place| weights[*param].values[*place] = 0.0);
        }
        for (value, channels) in &self.channels {
            // A name with blanks is none that a spec could give.
            let mask = format!("lesion of {value}");
            let Some(masked) = net.masked(value, &mask) else { continue };
            let shape = masked.params.last().map_or(Vec::new(), |param| param.shape.clone());
            let count = shape.first().copied().unwrap_or(0);
            let values = (0..count).map(|channel| if channels.contains(&channel) { 0.0 } else { 1.0 }).collect();
            weights.push(Weight { name: mask, shape, values });
            net = masked;
        }
        trained.with_net(net, weights)
    }
}

impl fmt::Display for Lesion {
    /// Its size: `3136 weights`, `1 channel`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [(self.weights(), "weight"), (self.channels(), "channel")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, noun)| counted(count, noun));
        f.write_str(&parts.collect::<Vec<String>>().join(" and "))
    }
}

/// What the parameters of a class are called together.
fn words(class: ParamClass) -> &'static str {
    match class {
        ParamClass::Kernel => "kernels",
        ParamClass::Bias => "biases",
        ParamClass::Norm => "gains and shifts",
        ParamClass::Statistic => "running statistics",
    }
}

/// So many of some items, each subset equally likely.
fn drawn<T>(mut items: Vec<T>, count: usize, stream: &mut Stream) -> Vec<T> {
    let count = count.min(items.len());
    for place in 0..count {
        let other = stream.between(place, items.len() - 1);
        items.swap(place, other);
    }
    items.truncate(count);
    items
}

/// The values of a net that are there once for each image, with the number of their channels.
fn values(net: &Net) -> BTreeMap<String, usize> {
    let per_image = net.traced().into_iter().filter(|traced| traced.shape.per_image());
    per_image.map(|traced| (traced.name, traced.shape.channels())).collect()
}
