//! Overrides as the flags of `lcnnc run` that say them.

use crate::train::Overrides;
use crate::train::weights::wish::{Renamed, WeightsFrom};

impl Overrides {
    /// The words of a command line behind `lcnnc run` that say the same; a spec's name stands first.
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.spec.iter().map(|spec| spec.to_string_lossy().into_owned()).collect();
        let mut pair = |flag: &str, value: Option<String>| {
            words.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
        };
        pair("--dataset", self.dataset.clone());
        pair("--data-root", self.data_root.as_ref().map(|root| root.to_string_lossy().into_owned()));
        pair("--device", self.device.map(|device| device.to_string()));
        pair("--threads", self.threads.map(|threads| threads.to_string()));
        pair("--save-every", self.save_every.map(|every| every.as_secs_f64().to_string()));
        pair("--limit", self.limit.map(|limit| limit.to_string()));
        pair("--limit-test", self.limit_test.map(|limit| limit.to_string()));
        let WeightsFrom { file, only, except, rename } = &self.weights_from;
        pair("--weights-from", file.as_ref().map(|file| file.path.to_string_lossy().into_owned()));
        only.iter().for_each(|name| pair("--weights-only", Some(name.clone())));
        except.iter().for_each(|name| pair("--weights-except", Some(name.clone())));
        for Renamed { theirs, ours } in rename {
            pair("--weights-rename", Some(format!("{theirs}={ours}")));
        }
        for (name, value) in &self.set {
            pair("--set", Some(format!("{name}={value}")));
        }
        for setting in &self.settings {
            pair("--setting", Some(format!("{}={}", setting.target.name(), setting.text)));
        }
        let switches = [
            ("--no-verify", self.verify == Some(false)),
            ("--allow-one-class", self.allow_one_class == Some(true)),
            ("--allow-empty-classes", self.allow_empty_classes == Some(true)),
            ("--allow-other-count", self.allow_other_count == Some(true)),
            ("--no-fuse", self.fuse == Some(false)),
            ("--no-tensorboard", self.tensorboard == Some(false)),
        ];
        words.extend(switches.into_iter().filter(|(_, is_on)| *is_on).map(|(flag, _)| flag.to_owned()));
        words
    }
}
