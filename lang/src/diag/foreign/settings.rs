//! Settings and their blocks, as other tools call them.

use super::{At, Row};

const fn setting(words: &'static [&'static str], say: &'static str, lines: [&'static str; 2]) -> Row {
    Row::new(At::Setting, words, say, lines)
}

const fn block(words: &'static [&'static str], say: &'static str, lines: [&'static str; 2]) -> Row {
    Row::new(At::Block, words, say, lines)
}

pub const ROWS: &[Row] = &[
    block(
        &["training", "hyperparameters", "hparams", "fit", "config", "settings", "options", "trainer"],
        "how to train is said in `train { epochs: 5 }`",
        ["training { epochs: 5 }", "train { epochs: 5 }"],
    )
    .renamed("train"),
    block(
        &["dataset", "dataloader", "preprocessing", "augmentation", "transforms"],
        "what is done to images is said in `data { validation: 10% }`",
        ["dataset { validation: 10% }", "data { validation: 10% }"],
    )
    .renamed("data"),
    block(
        &["optim", "optimizer", "scheduler"],
        "optimizer and schedule are settings of `train`, as in `train { optimizer: sgd(lr: 1e-2) }`",
        ["optim { seed: 3 }", "train { optimizer: sgd(lr: 1e-2) }"],
    ),
    setting(
        &["learning_rate", "learningrate", "base_lr", "eta"],
        "the learning rate belongs to the optimizer: `optimizer: sgd(lr: 1e-2)`",
        ["train { learning_rate: 1e-2 }", "train { optimizer: sgd(lr: 1e-2) }"],
    ),
    setting(
        &["wd", "betas", "nesterov", "decay", "l2"],
        "it belongs to the optimizer: `optimizer: sgd(lr: 1e-2, weight_decay: 1e-4)`",
        ["train { wd: 1e-4 }", "train { optimizer: sgd(lr: 1e-2, weight_decay: 1e-4) }"],
    ),
    setting(
        &["batch_size", "batchsize", "minibatch", "mini_batch", "minibatch_size", "bs"],
        "it is called `batch: 64`",
        ["train { batch_size: 64 }", "train { batch: 64 }"],
    )
    .renamed("batch"),
    setting(
        &["num_epochs", "n_epochs", "nb_epoch", "max_epochs", "nepochs", "EPOCHS"],
        "it is called `epochs: 20`",
        ["train { num_epochs: 20 }", "train { epochs: 20 }"],
    )
    .renamed("epochs"),
    setting(
        &["max_steps", "steps", "iterations", "iters", "num_iterations"],
        "a run is as long as its passes over the images: `epochs: 20`",
        ["train { max_steps: 1000 }", "train { epochs: 20 }"],
    ),
    setting(
        &["random_seed", "manual_seed", "random_state", "rng_seed"],
        "it is called `seed: 3`",
        ["train { random_seed: 3 }", "train { seed: 3 }"],
    )
    .renamed("seed"),
    setting(
        &["seeds", "num_seeds", "n_seeds", "repeats", "runs", "trials"],
        "a spec names one seed, `seed: 3`; several are run side by side by `lcnnc run SPEC --seeds 3`",
        ["train { seeds: 3 }", ""],
    ),
    setting(
        &["loss", "criterion", "loss_fn", "loss_function", "objective"],
        "the loss is not written: it is the cross-entropy of the output and every `penalty`",
        ["train { loss: cross_entropy }", ""],
    ),
    setting(
        &["metrics", "metric", "accuracy", "monitor"],
        "accuracy and cross-entropy are always measured: leave it out",
        ["train { metrics: accuracy }", ""],
    ),
    setting(
        &["optim", "opt", "solver"],
        "it is called `optimizer: sgd(lr: 1e-2)`",
        ["train { optim: sgd(lr: 1e-2) }", "train { optimizer: sgd(lr: 1e-2) }"],
    )
    .renamed("optimizer"),
    setting(
        &["scheduler", "lr_scheduler", "lr_schedule", "lr_policy", "learning_rate_schedule"],
        "it is called `schedule: cosine`",
        ["train { scheduler: cosine }", "train { schedule: cosine }"],
    )
    .renamed("schedule"),
    setting(
        &["gamma", "milestones", "lr_decay", "step_size", "decay_steps", "lr_step"],
        "how the rate falls is `schedule: steps(at: [10, 15], factor: 0.1)`",
        ["train { gamma: 0.1 }", "train { schedule: steps(at: [10, 15], factor: 0.1) }"],
    ),
    setting(
        &["early_stopping", "early_stop", "earlystopping", "early_stopping_patience"],
        "so many epochs without a better validation end a run: `patience: 5`",
        ["train { early_stopping: 5 }", "train { patience: 5 }"],
    )
    .renamed("patience"),
    setting(
        &[
            "grad_clip",
            "gradient_clip",
            "clip_norm",
            "clipnorm",
            "max_grad_norm",
            "clip_grad_norm",
            "gradient_clip_val",
        ],
        "the largest length of all gradients together is `clip: 1`",
        ["train { grad_clip: 1 }", "train { clip: 1 }"],
    )
    .renamed("clip"),
    setting(
        &["accumulation_steps", "gradient_accumulation_steps", "gradient_accumulation", "accumulate_grad_batches"],
        "batches that make one step together are `accumulate: 4`",
        ["train { accumulation_steps: 4 }", "train { accumulate: 4 }"],
    )
    .renamed("accumulate"),
    setting(
        &["warmup_epochs", "warm_up", "num_warmup_epochs"],
        "it counts epochs, and is called `warmup: 5`",
        ["train { warmup_epochs: 5 }", "train { warmup: 5 }"],
    )
    .renamed("warmup"),
    setting(
        &["amp", "mixed_precision", "fp16", "bf16", "half", "dtype"],
        "products of 16 bits are `precision: bf16`",
        ["train { amp: true }", "train { precision: bf16 }"],
    ),
    setting(
        &["device", "gpu", "cuda", "gpus", "accelerator", "cpu"],
        "the machine is not the spec's: it is chosen by `lcnnc run SPEC --device cpu`",
        ["train { device: cpu }", ""],
    ),
    setting(
        &["num_workers", "workers", "threads", "n_jobs", "num_threads", "pin_memory"],
        "the machine is not the spec's: its threads are chosen by `lcnnc run SPEC --threads 2`",
        ["train { num_workers: 2 }", ""],
    ),
    setting(
        &["dataset", "data", "name", "root", "path", "data_root", "data_dir", "download"],
        "the data set is chosen by `lcnnc run SPEC --dataset mnist`",
        ["data { dataset: mnist }", ""],
    ),
    setting(
        &["shuffle", "drop_last", "sampler"],
        "training images are always shuffled, and all of them are used: leave it out",
        ["data { shuffle: true }", ""],
    ),
    setting(
        &["augmentation", "augmentations", "augments", "aug"],
        "it is called `augment: [flip]`",
        ["data { augmentation: [flip] }", "data { augment: [flip] }"],
    )
    .renamed("augment"),
    setting(
        &["transforms", "preprocess", "preprocessing", "transformations"],
        "it is called `transform: [resize(24)]`",
        ["data { transforms: [resize(24)] }", "data { transform: [resize(24)] }"],
    )
    .renamed("transform"),
    setting(
        &[
            "test_transforms",
            "transform_test",
            "val_transform",
            "val_transforms",
            "valid_transform",
            "validation_transform",
            "eval_transform",
            "eval_transforms",
        ],
        "it is called `test_transform: [resize(24)]`",
        ["data { test_transforms: [resize(24)] }", "data { test_transform: [resize(24)] }"],
    )
    .renamed("test_transform"),
    setting(
        &["image_size", "resize", "img_size", "size", "grayscale"],
        "it is one of the transforms: `transform: [resize(24)]`",
        ["data { image_size: 24 }", "data { transform: [resize(24)] }"],
    ),
    setting(
        &["mean", "normalise", "normalize", "std"],
        "it is one of the transforms, `transform: [normalise]`; with numbers of your own: \
         `transform: [normalise(mean: [0.5], sd: [0.5])]`",
        ["data { mean: 0.5 }", "data { transform: [normalise(mean: [0.5], sd: [0.5])] }"],
    ),
    setting(
        &["flip", "rotate", "pad_crop", "crop", "random_crop", "hflip"],
        "it is one of the augmentations: `augment: [pad_crop(4), flip]`",
        ["data { flip: true }", "data { augment: [pad_crop(4), flip] }"],
    ),
    setting(
        &[
            "val_split",
            "validation_split",
            "valid_split",
            "val_fraction",
            "val",
            "val_size",
            "valid",
            "validation_fraction",
        ],
        "the share that is held out is `validation: 15%`",
        ["data { val_split: 15% }", "data { validation: 15% }"],
    )
    .renamed("validation"),
    setting(
        &["test_split", "test_size", "train_split", "train_size", "test"],
        "the test half is the data set's own; the share held out of the training half is `validation: 15%`",
        ["data { test_split: 15% }", "data { validation: 15% }"],
    ),
    setting(
        &["num_classes", "classes", "n_classes", "nclasses"],
        "the data set says how many classes there are, and a spec calls them `classes`",
        ["data { num_classes: 10 }", ""],
    ),
];
