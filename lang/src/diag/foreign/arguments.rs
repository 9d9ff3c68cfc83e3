//! Names of arguments, as other frameworks call them.

use super::{At, Row};

const fn arg(words: &'static [&'static str], say: &'static str, lines: [&'static str; 2]) -> Row {
    Row::new(At::Argument, words, say, lines)
}

const fn value(words: &'static [&'static str], say: &'static str, lines: [&'static str; 2]) -> Row {
    Row::new(At::Value, words, say, lines)
}

pub const ROWS: &[Row] = &[
    arg(
        &[
            "kernel_size",
            "ksize",
            "kernel_shape",
            "filter_size",
            "kernelsize",
            "window",
            "window_size",
            "pool_size",
            "k",
            "ks",
        ],
        "the side of the kernel is `kernel: 3`",
        ["h = conv(x, 8, kernel_size: 3)", "h = conv(x, 8, kernel: 3)"],
    )
    .renamed("kernel"),
    arg(
        &["out_channels", "filters", "num_filters", "n_filters", "features", "out_planes", "num_output", "outputs"],
        "the channels that are made are `channels: 8`",
        ["h = conv(x, out_channels: 8, kernel: 3)", "h = conv(x, channels: 8, kernel: 3)"],
    )
    .renamed("channels"),
    arg(
        &["out_features", "num_units", "hidden_units", "output_dim"],
        "the outputs of a dense layer are `units: 10`",
        ["logits = dense(x, out_features: 10)", "logits = dense(x, units: 10)"],
    )
    .renamed("units"),
    arg(
        &["in_channels", "input_channels", "in_planes", "input_shape", "in_features", "input_dim", "inputs"],
        "leave it out: what flows in says how many there are, as in `conv(x, 8, kernel: 3)`",
        ["h = conv(x, 8, kernel: 3, in_channels: 8)", "h = conv(x, 8, kernel: 3)"],
    ),
    arg(
        &["num_features", "num_channels", "normalized_shape"],
        "leave it out: what flows in says how many there are, as in `batch_norm(x)`",
        ["h = batch_norm(x, num_features: 8)", "h = batch_norm(x)"],
    )
    .beside("epsilon"),
    arg(
        &["strides", "step", "subsample"],
        "the step of the kernel is `stride: 2`",
        ["h = conv(x, 8, kernel: 3, strides: 2)", "h = conv(x, 8, kernel: 3, stride: 2)"],
    )
    .renamed("stride"),
    arg(
        &["pad", "pads", "border_mode"],
        "half a kernel of zeros on each side is `padding: same`, and none is `padding: valid`",
        ["h = conv(x, 8, kernel: 3, pad: valid)", "h = conv(x, 8, kernel: 3, padding: valid)"],
    )
    .renamed("padding"),
    arg(
        &["padding_mode", "pad_mode"],
        "what is around a map is zeros, always: leave it out, as in `conv(x, 8, kernel: 3)`",
        ["h = conv(x, 8, kernel: 3, padding_mode: zeros)", "h = conv(x, 8, kernel: 3)"],
    )
    .beside("padding"),
    arg(
        &["dilation", "dilation_rate", "dilations", "rate", "atrous_rate"],
        "there are no dilated kernels; a wider one reaches as far: `conv(x, 8, kernel: 5)`",
        ["h = conv(x, 8, kernel: 3, dilation: 2)", "h = conv(x, 8, kernel: 5)"],
    )
    .beside("kernel"),
    arg(
        &["groups", "feature_group_count"],
        "groups of channels are not there, but for as many as channels: `depthwise(x, 8, kernel: 3)`",
        ["h = conv(x, 8, kernel: 3, groups: 8)", "h = depthwise(x, 8, kernel: 3)"],
    )
    .beside("kernel"),
    arg(
        &["num_groups", "n_groups", "G"],
        "it is called `groups: 4`",
        ["h = group_norm(x, num_groups: 4)", "h = group_norm(x, groups: 4)"],
    )
    .renamed("groups"),
    arg(
        &["use_bias", "has_bias", "with_bias", "bias_term"],
        "it is called `bias: false`",
        ["h = conv(x, 8, kernel: 3, use_bias: false)", "h = conv(x, 8, kernel: 3, bias: false)"],
    )
    .renamed("bias"),
    arg(
        &["p", "prob", "drop_prob", "dropout", "dropout_rate", "drop_rate"],
        "the share of entries that are dropped is `rate: 0.5`",
        ["h = dropout(x, p: 0.5)", "h = dropout(x, rate: 0.5)"],
    )
    .renamed("rate"),
    arg(
        &["keep_prob", "keep_probability"],
        "the share that is dropped is given, not the one that is kept: `rate: 0.5`",
        ["h = dropout(x, keep_prob: 0.5)", "h = dropout(x, rate: 0.5)"],
    )
    .beside("rate"),
    arg(&["eps"], "it is called `epsilon: 1e-5`", ["h = batch_norm(x, eps: 1e-5)", "h = batch_norm(x, epsilon: 1e-5)"])
        .renamed("epsilon"),
    arg(
        &["affine", "track_running_stats", "center", "scale", "elementwise_affine"],
        "norms always learn a scale and a shift: leave it out, as in `batch_norm(x)`",
        ["h = batch_norm(x, affine: true)", "h = batch_norm(x)"],
    )
    .beside("epsilon"),
    arg(
        &["scale_factor", "factors", "upscale", "ratio"],
        "it is called `factor: 2`",
        ["h = upsample(x, scale_factor: 2)", "h = upsample(x, factor: 2)"],
    )
    .renamed("factor"),
    arg(
        &["align_corners", "antialias", "output_padding", "ceil_mode", "return_indices", "count_include_pad"],
        "there is no such choice, and docs/from_pytorch.md says what is done: leave it out, as in `upsample(x, 2)`",
        ["h = upsample(x, 2, align_corners: false)", "h = upsample(x, 2)"],
    )
    .beside("mode"),
    arg(
        &["initializer", "kernel_initializer", "weight_init", "kernel_init", "weights_init", "weight_initializer"],
        "what a kernel starts with is `init: he`",
        ["h = conv(x, 8, kernel: 3, initializer: he)", "h = conv(x, 8, kernel: 3, init: he)"],
    )
    .renamed("init"),
    arg(
        &["activation", "act", "nonlinearity", "non_linearity", "act_layer"],
        "an activation is called around the layer: `relu(conv(x, 8, kernel: 3))`",
        ["h = conv(x, 8, kernel: 3, activation: relu)", "h = relu(conv(x, 8, kernel: 3))"],
    ),
    arg(
        &["name", "label", "id"],
        "a layer is called as its equation is: leave it out, as in `conv(x, 8, kernel: 3)`",
        ["h = conv(x, 8, kernel: 3, name: first)", "h = conv(x, 8, kernel: 3)"],
    ),
    arg(
        &["trainable", "requires_grad", "freeze", "fixed"],
        "weights that keep their first values are `frozen: true`",
        ["h = conv(x, 8, kernel: 3, trainable: false)", "h = conv(x, 8, kernel: 3, frozen: true)"],
    ),
    arg(
        &["kernel_regularizer", "regularizer", "regularization", "l1", "l2"],
        "what weights are to be is a statement of its own: `penalty p = 1e-4 * l2(weights)`",
        ["h = conv(x, 8, kernel: 3, kernel_regularizer: 1e-4)", "penalty p = 1e-4 * l2(weights)"],
    )
    .beside("bias"),
    arg(
        &["inplace", "in_place", "training", "train", "device", "dtype"],
        "there is no such choice: leave it out, as in `relu(x)`",
        ["h = relu(x, inplace: true)", "h = relu(x)"],
    ),
    arg(
        &["axis", "dim", "keepdim", "keepdims", "data_format"],
        "layers know which part of a map is channels, height and width: leave it out, as in `concat(x, y)`",
        ["h = concat(x, y, axis: 1)", "h = concat(x, y)"],
    ),
    arg(
        &["learning_rate", "learningrate", "lr_mult", "eta"],
        "the learning rate is `lr: 1e-2`",
        ["train { optimizer: sgd(learning_rate: 1e-2) }", "train { optimizer: sgd(lr: 1e-2) }"],
    )
    .renamed("lr"),
    arg(
        &["betas"],
        "each has a name: `beta1: 0.9, beta2: 0.999`",
        [
            "train { optimizer: adam(lr: 1e-3, betas: [0.9, 0.999]) }",
            "train { optimizer: adam(lr: 1e-3, beta1: 0.9, beta2: 0.999) }",
        ],
    )
    .beside("beta1"),
    arg(
        &["beta_1"],
        "it is called `beta1: 0.9`",
        ["train { optimizer: adam(beta_1: 0.9) }", "train { optimizer: adam(beta1: 0.9) }"],
    )
    .renamed("beta1"),
    arg(
        &["beta_2"],
        "it is called `beta2: 0.999`",
        ["train { optimizer: adam(beta_2: 0.999) }", "train { optimizer: adam(beta2: 0.999) }"],
    )
    .renamed("beta2"),
    arg(
        &["decay", "wd", "weight_decay_rate"],
        "it is called `weight_decay: 1e-4`",
        ["train { optimizer: sgd(decay: 1e-4) }", "train { optimizer: sgd(weight_decay: 1e-4) }"],
    )
    .renamed("weight_decay"),
    arg(
        &["nesterov", "dampening", "amsgrad", "foreach", "fused", "maximize"],
        "there is no such choice: leave it out, as in `sgd(lr: 1e-2, momentum: 0.9)`",
        ["train { optimizer: sgd(nesterov: true) }", "train { optimizer: sgd(lr: 1e-2, momentum: 0.9) }"],
    )
    .beside("lr"),
    arg(
        &["std", "stdev", "stddev", "variance"],
        "the standard deviation is called `sd`: a number in `normal(sd: 0.05)`, a list for channels in `sd: [0.5]`",
        [
            "data { transform: [normalise(mean: [0.5], std: [0.5])] }",
            "data { transform: [normalise(mean: [0.5], sd: [0.5])] }",
        ],
    )
    .renamed("sd"),
    arg(
        &["num_steps", "n_steps", "time_steps", "timesteps", "iterations", "iters", "T"],
        "how often a loop runs is `steps: 3`",
        [
            "loop V1(num_steps: 3) {\n    state h = x\n    h' = relu(W * h)\n}",
            "loop V1(steps: 3) {\n    state h = x\n    h' = relu(W * h)\n}",
        ],
    )
    .renamed("steps"),
    value(
        &["padding"],
        "`same` is half a kernel of zeros on each side, as PyTorch's `padding=kernel // 2`, and `valid` is none: \
         `padding: same`",
        ["h = conv(x, 8, kernel: 3, padding: 1)", "h = conv(x, 8, kernel: 3, padding: same)"],
    ),
    value(
        &["kernel"],
        "kernels are as high as they are wide: `kernel: 3`",
        ["h = conv(x, 8, kernel: [3, 3])", "h = conv(x, 8, kernel: 3)"],
    ),
    value(
        &["stride"],
        "kernels step as far down as to the right: `stride: 2`",
        ["h = conv(x, 8, kernel: 3, stride: [2, 2])", "h = conv(x, 8, kernel: 3, stride: 2)"],
    ),
];
