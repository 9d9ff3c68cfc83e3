//! The flags for weights from elsewhere that a run begins with.

use super::values::assignment;
use lcnnc::train::{Renamed, WeightsFile, WeightsFrom};
use std::path::PathBuf;

#[derive(Clone, Debug, clap::Args)]
pub struct WeightsArgs {
    /// Begin with the best weights of an earlier run, or with those of a safetensors file, as of PyTorch
    #[arg(long, value_name = "RUN|FILE", value_parser = path)]
    weights_from: Option<PathBuf>,
    /// Take no other names than this, in which `*` stands for any signs; may be given several times
    #[arg(long, value_name = "NAME", value_parser = name)]
    weights_only: Vec<String>,
    /// Do not take this name, in the file or in the net, in which `*` stands for any signs; may be given several times
    #[arg(long, value_name = "NAME", value_parser = name)]
    weights_except: Vec<String>,
    /// What a name of the file is in the net, as in `V1.conv1.*=retina.conv.*`; may be given several times
    #[arg(long, value_name = "THEIRS=OURS", value_parser = renamed)]
    weights_rename: Vec<Renamed>,
}

impl WeightsArgs {
    /// The wish for weights from elsewhere that these flags give.
    pub fn wish(self) -> WeightsFrom {
        let Self { weights_from, weights_only: only, weights_except: except, weights_rename: rename } = self;
        let file = weights_from.map(|path| WeightsFile { path, sha256: None });
        WeightsFrom { file, only, except, rename }
    }
}

/// Reads the path of a run's folder or of a file. Whether it is there is asked when it is read: a job of a sweep that is gone on
/// with does not need it any more.
fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("expected the folder of a run or a file".to_owned()) } else { Ok(PathBuf::from(text)) }
}

fn name(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("expected a name, as in `logits.*`".to_owned()) } else { Ok(text.to_owned()) }
}

fn renamed(text: &str) -> Result<Renamed, String> {
    let (theirs, ours) =
        assignment(text).map_err(|_| "expected THEIRS=OURS, as in `V1.conv1.*=retina.conv.*`".to_owned())?;
    Renamed::new(&theirs, &ours)
}
