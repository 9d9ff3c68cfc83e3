//! Optimizers, schedules, initial values, augmentations and transforms, as other frameworks call them.

use super::{At, Row};

const fn choice(words: &'static [&'static str], say: &'static str, lines: [&'static str; 2]) -> Row {
    Row::new(At::Choice, words, say, lines)
}

pub const ROWS: &[Row] = &[
    choice(
        &["SGD", "Momentum", "momentum", "sgd_momentum", "GradientDescent"],
        "stochastic gradient descent is `sgd(lr: 1e-2)`",
        ["train { optimizer: SGD(lr: 1e-2) }", "train { optimizer: sgd(lr: 1e-2) }"],
    )
    .renamed("sgd"),
    choice(
        &["Adam", "ADAM"],
        "it is called `adam(lr: 1e-3)`",
        ["train { optimizer: Adam(lr: 1e-3) }", "train { optimizer: adam(lr: 1e-3) }"],
    )
    .renamed("adam"),
    choice(
        &["AdamW", "Adamw", "adam_w"],
        "it is called `adamw(lr: 1e-3)`",
        ["train { optimizer: AdamW(lr: 1e-3) }", "train { optimizer: adamw(lr: 1e-3) }"],
    )
    .renamed("adamw"),
    choice(
        &[
            "adamax",
            "Adamax",
            "rmsprop",
            "RMSprop",
            "RMSProp",
            "adagrad",
            "Adagrad",
            "adadelta",
            "Adadelta",
            "nadam",
            "NAdam",
            "radam",
            "RAdam",
            "adabound",
            "amsgrad",
            "adafactor",
            "lion",
            "Lion",
            "lamb",
            "LAMB",
            "lars",
            "LARS",
            "lbfgs",
            "LBFGS",
            "asgd",
            "ftrl",
            "rprop",
            "shampoo",
            "muon",
            "adan",
            "Adan",
            "adai",
            "adas",
            "adap",
            "adamp",
            "AdamP",
            "adabelief",
            "AdaBelief",
            "sgdp",
            "sgdw",
            "sgdr",
            "yogi",
            "sophia",
            "prodigy",
        ],
        "there is no such optimizer; those there are: `sgd`, `adam`, `adamw`, written as `adam(lr: 1e-3)`",
        ["train { optimizer: adamax(lr: 1e-3) }", "train { optimizer: adam(lr: 1e-3) }"],
    )
    .beside("adam"),
    choice(
        &["StepLR", "MultiStepLR", "step", "step_lr", "multistep", "multi_step", "piecewise", "piecewise_constant"],
        "a rate that falls behind some epochs is `steps(at: [10, 15])`",
        ["train { schedule: StepLR }", "train { schedule: steps(at: [10, 15]) }"],
    )
    .beside("cosine"),
    choice(
        &["CosineAnnealingLR", "CosineAnnealing", "cosine_annealing", "CosineDecay", "cosine_decay", "cos"],
        "half a cosine over all epochs is `cosine`",
        ["train { schedule: CosineAnnealingLR }", "train { schedule: cosine }"],
    )
    .renamed("cosine"),
    choice(
        &["ReduceLROnPlateau", "reduce_on_plateau", "reduce_lr_on_plateau", "on_plateau"],
        "a rate that falls where the validation stands still is `plateau`",
        ["train { schedule: ReduceLROnPlateau }", "train { schedule: plateau }"],
    )
    .renamed("plateau"),
    choice(
        &[
            "exponential",
            "ExponentialLR",
            "exponential_decay",
            "linear",
            "LinearLR",
            "polynomial",
            "PolynomialLR",
            "poly",
            "OneCycleLR",
            "one_cycle",
            "onecycle",
            "cyclic",
            "CyclicLR",
            "cosine_restarts",
            "LambdaLR",
            "CosineAnnealingWarmRestarts",
            "inverse_sqrt",
        ],
        "there is no such schedule; those there are: `constant`, `steps`, `cosine`, `plateau`, written as `cosine`",
        ["train { schedule: exponential }", "train { schedule: cosine }"],
    )
    .beside("cosine"),
    choice(
        &["fp16", "half", "float16", "amp", "mixed", "bfloat16", "tf32"],
        "products of 16 bits are `bf16`",
        ["train { precision: fp16 }", "train { precision: bf16 }"],
    )
    .renamed("bf16"),
    choice(
        &["fp32", "float", "float32", "full"],
        "products of 32 bits are `single`",
        ["train { precision: fp32 }", "train { precision: single }"],
    )
    .renamed("single"),
    choice(
        &["kaiming", "kaiming_normal", "kaiming_normal_", "he_normal", "HeNormal", "msra", "he_init"],
        "it is called `he`",
        ["h = conv(x, 8, kernel: 3, init: kaiming)", "h = conv(x, 8, kernel: 3, init: he)"],
    )
    .renamed("he"),
    choice(
        &["kaiming_uniform", "kaiming_uniform_", "he_uniform", "lecun_uniform", "default"],
        "PyTorch's own start, uniform within `1 / sqrt(inputs)`, is `fan_in`",
        ["h = conv(x, 8, kernel: 3, init: kaiming_uniform)", "h = conv(x, 8, kernel: 3, init: fan_in)"],
    )
    .beside("he"),
    choice(
        &["xavier", "xavier_uniform", "xavier_uniform_", "glorot_uniform", "GlorotUniform", "xavier_normal"],
        "it is called `glorot`",
        ["h = conv(x, 8, kernel: 3, init: xavier)", "h = conv(x, 8, kernel: 3, init: glorot)"],
    )
    .renamed("glorot"),
    choice(
        &[
            "orthogonal",
            "orthogonal_",
            "truncated_normal",
            "trunc_normal",
            "lecun_normal",
            "glorot_normal",
            "gaussian",
            "random_normal",
            "normal_",
            "dirac",
            "eye",
            "identity",
            "sparse",
            "variance_scaling",
        ],
        "near is a normal distribution, `normal(sd: 0.05)`",
        ["h = conv(x, 8, kernel: 3, init: orthogonal)", "h = conv(x, 8, kernel: 3, init: normal(sd: 0.05))"],
    )
    .beside("he"),
    choice(
        &["SAME"],
        "it is called `same`",
        ["h = conv(x, 8, kernel: 3, padding: SAME)", "h = conv(x, 8, kernel: 3, padding: same)"],
    )
    .renamed("same"),
    choice(
        &["VALID", "none", "no"],
        "no padding is `valid`",
        ["h = conv(x, 8, kernel: 3, padding: VALID)", "h = conv(x, 8, kernel: 3, padding: valid)"],
    )
    .renamed("valid"),
    choice(
        &["reflect", "causal", "replicate", "circular", "symmetric", "edge", "wrap", "zero"],
        "what is around a map is zeros: `same`, half a kernel of them, or `valid`, none",
        ["h = conv(x, 8, kernel: 3, padding: reflect)", "h = conv(x, 8, kernel: 3, padding: valid)"],
    )
    .beside("valid"),
    choice(
        &["bicubic", "linear_interpolation", "cubic", "trilinear", "area", "lanczos"],
        "a smooth one is `bilinear`",
        ["h = upsample(x, 2, mode: bicubic)", "h = upsample(x, 2, mode: bilinear)"],
    )
    .beside("bilinear"),
    choice(
        &["None", "null", "nil", "NULL"],
        "nothing is written for nothing: leave the argument out, as in `conv(x, 8, kernel: 3)`",
        ["h = conv(x, 8, kernel: 3, init: None)", "h = conv(x, 8, kernel: 3)"],
    ),
    choice(
        &["positive", "excitatory", "non_negative", "nonneg", "plus"],
        "weights that stay above zero are `nonnegative`",
        ["h = conv(x, 8, kernel: 3, sign: positive)", "h = conv(x, 8, kernel: 3, sign: nonnegative)"],
    )
    .beside("nonnegative"),
    choice(
        &["negative", "inhibitory", "non_positive", "nonpos", "minus"],
        "weights that stay below zero are `nonpositive`",
        ["h = conv(x, 8, kernel: 3, sign: negative)", "h = conv(x, 8, kernel: 3, sign: nonpositive)"],
    )
    .beside("nonnegative"),
    choice(
        &["hflip", "RandomHorizontalFlip", "horizontal_flip", "random_horizontal_flip", "fliplr", "mirror", "Flip"],
        "a mirror from left to right is `flip`",
        ["data { augment: [hflip] }", "data { augment: [flip] }"],
    )
    .renamed("flip"),
    choice(
        &["vflip", "RandomVerticalFlip", "vertical_flip", "random_vertical_flip", "flipud"],
        "no augmentation turns an image upside down; from left to right it is mirrored by `flip`",
        ["data { augment: [vflip] }", "data { augment: [flip] }"],
    )
    .beside("flip"),
    choice(
        &["RandomCrop", "random_crop", "pad_and_crop", "shift", "translate", "RandomTranslation"],
        "a random window of 24 pixels is `crop(24)`, with a transform for tests beside it; one of the old size, cut out of \
         the image with a border, is `pad_crop(4)`",
        ["data { augment: [RandomCrop] }", "data { augment: [pad_crop(4)] }"],
    )
    .beside("flip"),
    choice(
        &["RandomResizedCrop", "random_resized_crop", "RandomSizedCrop", "inception_crop"],
        "it is called `resized_crop(24)`",
        [
            "data { augment: [RandomResizedCrop(24)], test_transform: [resize(24)] }",
            "data { augment: [resized_crop(24)], test_transform: [resize(24)] }",
        ],
    )
    .renamed("resized_crop"),
    choice(
        &["RandomRotation", "random_rotation", "rotation", "RandomRotate"],
        "a random angle is `rotate(15)`",
        ["data { augment: [RandomRotation] }", "data { augment: [rotate(15)] }"],
    )
    .beside("flip"),
    choice(
        &[
            "ColorJitter",
            "color_jitter",
            "RandomErasing",
            "cutout",
            "Cutout",
            "mixup",
            "MixUp",
            "cutmix",
            "CutMix",
            "RandAugment",
            "AutoAugment",
            "TrivialAugment",
            "RandomAffine",
            "random_erasing",
            "gaussian_blur",
            "GaussianBlur",
            "brightness",
            "contrast",
            "elastic",
        ],
        "there is no such augmentation; those there are: `pad_crop(4)`, `flip`, `repeat(4)`, `rotate(15)`",
        ["data { augment: [ColorJitter] }", "data { augment: [rotate(15)] }"],
    )
    .beside("flip"),
    choice(
        &["Resize", "rescale", "Rescale", "scale"],
        "it is called `resize(24)`",
        ["data { transform: [Resize(24)] }", "data { transform: [resize(24)] }"],
    )
    .renamed("resize"),
    choice(
        &["Normalize", "Normalise", "standardize", "standardise", "zscore", "whiten", "zca"],
        "it is called `normalise(mean: [0.5], sd: [0.5])`",
        [
            "data { transform: [Normalize(mean: [0.5], sd: [0.5])] }",
            "data { transform: [normalise(mean: [0.5], sd: [0.5])] }",
        ],
    )
    .renamed("normalise"),
    choice(
        &["ToTensor", "to_tensor", "PILToTensor", "ToImage", "ToDtype", "float_image"],
        "pixels are numbers from 0 to 1 already: leave it out, as in `transform: []`",
        ["data { transform: [ToTensor] }", "data { transform: [] }"],
    )
    .beside("resize"),
    choice(
        &["Grayscale", "gray", "grey", "to_gray", "to_grayscale", "rgb2gray", "Greyscale"],
        "one channel of luma is `grayscale`",
        ["data { transform: [Grayscale] }", "data { transform: [grayscale] }"],
    )
    .renamed("grayscale"),
    choice(
        &["RGB", "rgb", "to_rgb", "ToRGB", "gray2rgb", "Color"],
        "three channels are `colour`",
        ["data { transform: [RGB] }", "data { transform: [colour] }"],
    )
    .renamed("colour"),
    choice(
        &["CenterCrop", "center_crop", "CentreCrop", "CenterCropping"],
        "it is called `centre_crop(24)`",
        ["data { transform: [CenterCrop(24)] }", "data { transform: [centre_crop(24)] }"],
    )
    .renamed("centre_crop"),
    choice(
        &["crop", "Crop"],
        "a window at a random place is an augmentation, `augment: [crop(24)]`; a transform cuts out the middle, by \
         `centre_crop(24)`",
        ["data { transform: [crop(24)] }", "data { transform: [centre_crop(24)] }"],
    )
    .beside("resize"),
    choice(
        &["Pad", "pad"],
        "no transform puts a border around an image; it is made larger by `resize(24)`",
        ["data { transform: [Pad(24)] }", "data { transform: [resize(24)] }"],
    )
    .beside("resize"),
];
