//! The `train`, `data` and `sleep` blocks: every key declared once, with its type, default and meaning.

use super::{Arg, ArgValue, Type, augmentations, optimizers, schedules, sharing, transforms};
use crate::limits::MAX_BATCH;

/// A settings block and its keys.
#[derive(Debug)]
pub struct SettingsBlock {
    pub name: &'static str,
    pub keys: &'static [Arg],
}

/// Every settings block, in the order in which `show` prints them.
pub const BLOCKS: &[SettingsBlock] = &[
    SettingsBlock {
        name: "train",
        keys: &[
            Arg::with(
                "optimizer",
                Type::Call(optimizers::CALLABLES),
                ArgValue::Call(optimizers::DEFAULT),
                "the rule by which weights follow their gradients",
            ),
            Arg::with(
                "schedule",
                Type::Call(schedules::CALLABLES),
                ArgValue::Call(schedules::DEFAULT),
                "how the optimizer's learning rate changes from epoch to epoch",
            ),
            Arg::with(
                "warmup",
                Type::Count { min: 0, max: 1_000_000 },
                ArgValue::Count(0),
                "so many of the first epochs, over which the learning rate rises to its full value step by step; `steps` counts \
                 them in, `cosine` begins behind them",
            ),
            Arg::with(
                "clip",
                Type::Real { min: 0.0, max: 1e30 },
                ArgValue::Real(0.0),
                "the largest length of all gradients together, as one vector; longer ones are scaled; 0 leaves them",
            ),
            Arg::with(
                "label_smoothing",
                Type::Share,
                ArgValue::Real(0.0),
                "share of each training image's label that is spread over all classes (Szegedy et al., 2016)",
            ),
            Arg::with(
                "precision",
                Type::Word(&["single", "bf16"]),
                ArgValue::Word("single"),
                "of products: `bf16` multiplies numbers of 16 bits, where the device has them, and keeps all else in 32",
            ),
            Arg::with("batch", Type::Count { min: 1, max: MAX_BATCH }, ArgValue::Count(64), "images in a batch"),
            Arg::with(
                "accumulate",
                Type::Count { min: 1, max: 65_536 },
                ArgValue::Count(1),
                "so many batches make one step together, as one that is so many times as large would",
            ),
            Arg::with(
                "epochs",
                Type::Count { min: 1, max: 1_000_000 },
                ArgValue::Count(20),
                "passes over the training images",
            ),
            Arg::with(
                "patience",
                Type::Count { min: 0, max: 1_000_000 },
                ArgValue::Count(0),
                "stop after so many epochs without a better validation accuracy; 0 never stops early",
            ),
            Arg::optional(
                "keep",
                Type::Epochs { min: 0, max: 1_000_000 },
                "keep the weights after every so many epochs beside the best and the last ones, as `5 epochs`; 0, or left \
                 out, keeps no more than these; nothing of the training depends on it",
            ),
            Arg::with(
                "seed",
                Type::Count { min: 0, max: u32::MAX as usize },
                ArgValue::Count(0),
                "what every random choice starts from",
            ),
        ],
    },
    SettingsBlock {
        name: "data",
        keys: &[
            Arg::with(
                "augment",
                Type::Calls(augmentations::CALLABLES),
                ArgValue::Calls(Vec::new()),
                "what is done at random to each training image, in order, before the transforms",
            ),
            Arg::with(
                "transform",
                Type::Calls(transforms::CALLABLES),
                ArgValue::Calls(Vec::new()),
                "what is done to each image, in order",
            ),
            Arg::optional(
                "test_transform",
                Type::Calls(transforms::CALLABLES),
                "what is done to the images of validation and test, and to those of `predict`, in place of `transform`; where \
                 it is left out, the same",
            ),
            Arg::with(
                "validation",
                Type::Share,
                ArgValue::Real(0.15),
                "share of the training images held out to choose the best epoch by",
            ),
        ],
    },
    SettingsBlock {
        name: "sleep",
        keys: &[
            Arg::with(
                "every",
                Type::Batches { min: 0, max: 1_000_000_000 },
                ArgValue::Count(0),
                "steps of the optimizer from one sleep to the next, counted over all epochs; 0 never sleeps",
            ),
            Arg::with(
                "share",
                Type::Names,
                ArgValue::Names(Vec::new()),
                "equations and bundles whose `local` layers, themselves and all below them, take part in a sleep",
            ),
            Arg::with(
                "modules",
                Type::Word(&["grid", "whole"]),
                ArgValue::Word("grid"),
                "places whose kernels come to be alike: in a `grid`, those that see the same input where the input repeats with \
                 the width of a kernel; or the `whole` layer",
            ),
            Arg::with(
                "rule",
                Type::Call(sharing::CALLABLES),
                ArgValue::Call(sharing::DEFAULT),
                "what makes them alike (Pogodin et al., 2021)",
            ),
        ],
    },
];
