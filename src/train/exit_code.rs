//! The exit code that each error ends a process with.

use crate::back::burn::DeviceError;
use crate::data::DataError;
use crate::train::TrainError;

impl TrainError {
    /// The process's exit code: 1 for problems in a spec or its settings, 2 for usage, files and data, 3 for a run that
    /// diverged or a net whose scores are no numbers, 4 for a device that cannot be had or fails, 5 for a run that a signal
    /// ended; 8 for what has no room in memory; and of a run that had begun, 6 for files that cannot be written and 7 for data
    /// that can no longer be had.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Cut { cause, .. } if matches!(**cause, Self::File { .. }) => 6,
            Self::Cut { cause, .. } => cause.exit_code(),
            Self::Seeds { code, .. } => *code,
            Self::Memory { .. }
            | Self::Jobs { .. }
            | Self::Data(DataError::BatchMemory { .. })
            | Self::Device(DeviceError::Memory(_)) => 8,
            Self::Stopped => 5,
            Self::Lost(_) | Self::NeverSeen { .. } => 7,
            Self::Reports(_) | Self::Unfit { .. } => 1,
            Self::Flags(_)
            | Self::Classes { .. }
            | Self::NoSpec
            | Self::SetTwice { .. }
            | Self::SettingTwice { .. }
            | Self::Sweep { .. }
            | Self::Runs { .. }
            | Self::Broken { .. }
            | Self::UnfitRun { .. }
            | Self::Empty { .. }
            | Self::Data(_)
            | Self::Fetch(_)
            | Self::File { .. }
            | Self::NotUtf8 { .. }
            | Self::FolderName { .. }
            | Self::NoRun { .. }
            | Self::Damaged { .. }
            | Self::Altered { .. }
            | Self::Refused { .. }
            | Self::Earlier(_)
            | Self::Unasked(_)
            | Self::Unanswered { .. }
            | Self::Analysis { .. }
            | Self::Top { .. }
            | Self::Weights { .. }
            | Self::Untaken { .. }
            | Self::NoWeights
            | Self::Busy { .. }
            | Self::OtherData { .. }
            | Self::OtherClasses { .. }
            | Self::Moved { .. }
            | Self::Changed { .. }
            | Self::Unfinished { .. }
            | Self::SeedRange { .. }
            | Self::Threads { .. } => 2,
            Self::Diverged { .. }
            | Self::DivergedAsleep { .. }
            | Self::DivergedBefore { .. }
            | Self::NoNumber { .. } => 3,
            Self::Device(_) => 4,
        }
    }
}
