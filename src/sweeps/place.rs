//! What a name in a sweep means: the spec, the data set, a limit, a const of the spec, or a setting.

use crate::train::{Overrides, Setting, Target, files};
use lcnnc_lang::diag::did_you_mean;
use std::path::Path;

/// Names that are neither consts nor settings, and what a run takes under them.
const OTHERS: [&str; 4] = ["spec", "dataset", "limit", "limit_test"];

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The path of the spec.
    Spec,
    /// The name of the data set.
    Dataset,
    /// Most images of the training half.
    Limit,
    /// Most images of the test half.
    LimitTest,
    /// A const of the spec, which comes before a setting of the same name.
    Const,
    /// A key of a settings block, or an argument of the optimizer.
    Setting(Target),
}

impl Place {
    /// What a name means where the specs have these consts.
    ///
    /// # Errors
    /// That it means nothing, and which one is meant where that can be guessed.
    pub fn of(name: &str, consts: &[String]) -> Result<Self, String> {
        match name {
            "spec" => return Ok(Self::Spec),
            "dataset" => return Ok(Self::Dataset),
            "limit" => return Ok(Self::Limit),
            "limit_test" => return Ok(Self::LimitTest),
            _ if consts.iter().any(|known| known == name) => return Ok(Self::Const),
            _ => {}
        }
        Target::named(name).map(Self::Setting).ok_or_else(|| {
            let mut known: Vec<&str> = consts.iter().map(String::as_str).collect();
            known.extend(OTHERS);
            Target::names().for_each(|name| known.push(name));
            let help = did_you_mean(name, known).map_or_else(
                || {
                    "; a sweep goes over consts of the spec, settings such as `lr`, `dataset`, `spec` and limits"
                        .to_owned()
                },
                |near| format!("; did you mean `{near}`?"),
            );
            format!("`{name}` is neither a const of the spec nor a setting{help}")
        })
    }

    /// Puts a value there; messages say by `origin` where it is from, as in `--over lr`.
    ///
    /// # Errors
    /// If a limit is no number of images, or the data set has no such name.
    pub fn put(self, name: &str, value: &str, origin: &str, over: &mut Overrides) -> Result<(), String> {
        let count = || {
            let count = value.parse::<usize>().ok().filter(|n| *n > 0);
            count.ok_or_else(|| format!("`{name}` is a whole number above 0, and `{value}` is none"))
        };
        match self {
            Self::Spec => over.spec = Some(files::spec_path(Path::new(value))),
            Self::Dataset => {
                crate::data::named(value).map_err(|error| error.to_string())?;
                over.dataset = Some(value.to_owned());
            }
            Self::Limit => over.limit = Some(count()?),
            Self::LimitTest => over.limit_test = Some(count()?),
            Self::Const => drop(over.set.insert(name.to_owned(), value.to_owned())),
            Self::Setting(target) => {
                over.settings.retain(|setting| setting.target != target);
                let setting = Setting { origin: origin.to_owned(), target, text: value.to_owned() };
                over.settings.push(setting);
                // An argument changes the optimizer that another setting chose.
                over.settings.sort_by_key(|setting| matches!(setting.target, Target::Optimizer(_)));
            }
        }
        Ok(())
    }
}
