//! Layers and activations, as other frameworks call them.

use super::{At, Row};

const fn call(words: &'static [&'static str], say: &'static str, lines: [&'static str; 2]) -> Row {
    Row::new(At::Call, words, say, lines)
}

pub const LAYERS: &[Row] = &[
    call(
        &["Conv2d", "Conv2D", "conv2d", "Conv", "Convolution", "Convolution2D", "convolution"],
        "a convolution names the channels that it makes and its kernel, not the channels that flow in: \
         `conv(x, 8, kernel: 3)`",
        ["h = Conv2d(x, 8, 3)", "h = conv(x, 8, kernel: 3)"],
    )
    .renamed("conv"),
    call(
        &["Conv1d", "Conv1D", "conv1d", "Conv3d", "Conv3D", "conv3d"],
        "there are convolutions of images alone, over height and width: `conv(x, 8, kernel: 3)`",
        ["h = Conv1d(x, 8, 3)", "h = conv(x, 8, kernel: 3)"],
    ),
    call(
        &[
            "ConvTranspose2d",
            "Conv2DTranspose",
            "ConvTranspose",
            "conv_transpose2d",
            "conv2d_transpose",
            "deconv",
            "Deconv",
            "deconv2d",
            "deconvolution",
            "transposed_conv",
            "upconv",
        ],
        "a transposed convolution is `conv_transpose(x, 8, kernel: 3)`",
        ["h = ConvTranspose2d(x, 8, 3)", "h = conv_transpose(x, 8, kernel: 3)"],
    )
    .renamed("conv_transpose"),
    call(
        &["DepthwiseConv2D", "DepthwiseConv2d", "depthwise_conv", "depthwise_conv2d", "grouped_conv", "group_conv"],
        "a convolution of each channel by itself is `depthwise(x, kernel: 3)`",
        ["h = DepthwiseConv2D(x, 3)", "h = depthwise(x, kernel: 3)"],
    )
    .renamed("depthwise"),
    call(
        &["SeparableConv2D", "SeparableConv2d", "separable_conv", "separable_conv2d"],
        "a separable convolution is two layers: `conv(depthwise(x, kernel: 3), 8, kernel: 1)`",
        ["h = SeparableConv2D(x, 8, 3)", "h = conv(depthwise(x, kernel: 3), 8, kernel: 1)"],
    ),
    call(
        &["LocallyConnected2D", "LocallyConnected2d", "locally_connected", "unshared_conv", "local_conv"],
        "a convolution with kernels for each position is `local(x, 4, kernel: 3)`",
        ["h = LocallyConnected2D(x, 4, 3)", "h = local(x, 4, kernel: 3)"],
    )
    .renamed("local"),
    call(
        &["Linear", "linear", "Dense", "fc", "FC", "FullyConnected", "fully_connected", "InnerProduct", "affine"],
        "a fully connected layer names its outputs alone: `dense(x, 10)`",
        ["logits = Linear(x, 512, 10)", "logits = dense(x, 10)"],
    )
    .renamed("dense"),
    call(
        &[
            "MaxPool2d",
            "MaxPool2D",
            "MaxPooling2D",
            "MaxPool",
            "max_pool2d",
            "maxpool2d",
            "max_pooling2d",
            "max_pooling",
        ],
        "a maximum over windows is `max_pool(x, 2)`",
        ["h = MaxPool2d(x, 2)", "h = max_pool(x, 2)"],
    )
    .renamed("max_pool"),
    call(
        &[
            "AvgPool2d",
            "AvgPool2D",
            "AveragePooling2D",
            "AvgPool",
            "avg_pool2d",
            "avgpool2d",
            "average_pool",
            "average_pooling2d",
            "mean_pool",
        ],
        "a mean over windows is `avg_pool(x, 2)`",
        ["h = AvgPool2d(x, 2)", "h = avg_pool(x, 2)"],
    )
    .renamed("avg_pool"),
    call(
        &[
            "AdaptiveAvgPool2d",
            "adaptive_avg_pool2d",
            "GlobalAveragePooling2D",
            "GlobalAvgPool2D",
            "global_average_pooling2d",
            "global_average_pool",
            "global_pool",
            "GAP",
            "gap",
        ],
        "the mean of each whole map is `global_avg_pool(x)`",
        ["logits = dense(AdaptiveAvgPool2d(x), classes)", "logits = dense(global_avg_pool(x), classes)"],
    )
    .renamed("global_avg_pool"),
    call(
        &["AdaptiveMaxPool2d", "adaptive_max_pool2d", "GlobalMaxPooling2D", "GlobalMaxPool2D", "global_max_pool"],
        "the maximum of each whole map is a window as large as the map: `max_pool(x, height(x))`",
        ["logits = dense(AdaptiveMaxPool2d(x), classes)", "logits = dense(max_pool(x, height(x)), classes)"],
    ),
    call(
        &["BatchNorm2d", "BatchNormalization", "BatchNorm", "batch_normalization", "batchnorm2d", "bn", "BN"],
        "batch normalisation is `batch_norm(x)`",
        ["h = BatchNorm2d(x)", "h = batch_norm(x)"],
    )
    .renamed("batch_norm"),
    call(
        &["GroupNorm", "GroupNormalization", "group_normalization"],
        "normalisation of groups of channels is `group_norm(x, 4)`",
        ["h = GroupNorm(x, 4)", "h = group_norm(x, 4)"],
    )
    .renamed("group_norm"),
    call(
        &["LayerNorm", "LayerNormalization", "layer_normalization"],
        "normalisation of all entries of an image is `layer_norm(x)`",
        ["h = LayerNorm(x)", "h = layer_norm(x)"],
    )
    .renamed("layer_norm"),
    call(
        &["InstanceNorm2d", "InstanceNorm", "instance_norm", "InstanceNormalization"],
        "normalisation of each map by itself has as many groups as channels: `group_norm(x, channels(x))`",
        ["h = InstanceNorm2d(x)", "h = group_norm(x, channels(x))"],
    ),
    call(
        &["LocalResponseNorm", "local_response_norm", "local_response_normalization", "LRN", "response_norm"],
        "local response normalisation is `lrn(x)`",
        ["h = LocalResponseNorm(x)", "h = lrn(x)"],
    )
    .renamed("lrn"),
    call(
        &["Dropout", "AlphaDropout"],
        "entries are set to zero at random by `dropout(x, 0.5)`",
        ["h = Dropout(x, 0.5)", "h = dropout(x, 0.5)"],
    )
    .renamed("dropout"),
    call(
        &["Dropout2d", "SpatialDropout2D", "dropout2d", "DropBlock", "DropPath", "drop_path"],
        "single entries are dropped, not whole channels or layers: `dropout(x, 0.5)`",
        ["h = Dropout2d(x, 0.5)", "h = dropout(x, 0.5)"],
    ),
    call(
        &["Flatten", "view", "reshape", "Reshape", "ravel", "squeeze", "unsqueeze", "rearrange"],
        "shapes follow from the layers, and `dense` flattens a map by itself; where it is to be seen, write `flatten(x)`",
        ["logits = dense(Flatten(x), classes)", "logits = dense(flatten(x), classes)"],
    ),
    call(
        &["permute", "transpose", "swapaxes", "roll", "pixel_shuffle", "PixelShuffle"],
        "a map is always `[channels, height, width]`, and no layer reorders it",
        ["h = permute(x)", ""],
    ),
    call(
        &["cat", "Concat", "Concatenate", "concatenate", "stack", "hstack", "vstack", "merge"],
        "maps are put channel upon channel by `concat(x, y)`",
        ["h = cat(x, y)", "h = concat(x, y)"],
    )
    .renamed("concat"),
    call(
        &["Sequential", "sequential", "ModuleList", "Compose", "chain", "pipe"],
        "layers are called one inside of the other, or one behind the other in equations: `max_pool(relu(x), 2)`",
        ["h = Sequential(x, 2)", "h = max_pool(relu(x), 2)"],
    ),
    call(
        &["Parameter", "parameter", "Variable", "variable", "learnable"],
        "a learned number for each channel multiplies by `gain(x)`, and is added by `shift(x)`",
        ["h = Parameter(x)", "h = shift(x)"],
    ),
    call(
        &["Upsample", "UpSampling2D", "Upsampling2D", "interpolate", "unpool", "MaxUnpool2d", "resize"],
        "a map is made larger by `upsample(x, 2)`",
        ["h = Upsample(x, 2)", "h = upsample(x, 2)"],
    )
    .renamed("upsample"),
    call(
        &["ZeroPadding2D", "ZeroPad2d", "pad", "Pad"],
        "padding belongs to the layer, and is there unless `padding: valid` is given: `conv(x, 8, kernel: 3)`",
        ["h = ZeroPadding2D(x)", "h = conv(x, 8, kernel: 3)"],
    ),
    call(
        &["Cropping2D", "crop", "narrow", "chunk", "split", "gather", "index_select", "slice"],
        "no layer takes a part of a map; a convolution chooses among channels: `conv(x, 4, kernel: 1)`",
        ["h = Cropping2D(x)", "h = conv(x, 4, kernel: 1)"],
    ),
    call(
        &["Identity", "identity", "Lambda"],
        "a value stands for itself: leave the call out, as in `tanh(x)`",
        ["h = Identity(x)", "h = tanh(x)"],
    ),
    call(
        &["GRU", "RNN", "LSTM", "ConvLSTM", "ConvLSTM2D", "ConvGRU", "rnn", "lstm", "gru"],
        "memory is written as a `loop` with a state, and gates with `gate(g, new, old)`, such as `gate(sigmoid(x), y, x)`",
        ["h = GRU(x, y)", "h = gate(sigmoid(x), y, x)"],
    ),
    call(
        &[
            "Attention",
            "attention",
            "MultiheadAttention",
            "MultiHeadAttention",
            "Transformer",
            "Embedding",
            "embedding",
        ],
        "there are layers of images alone, and no attention; `lcnnc explain L0102` and docs/reference.md say more",
        ["h = Attention(x, y)", ""],
    ),
    call(
        &["Input", "InputLayer", "input"],
        "the image is declared once, in a line of its own: `input image: [3, 24, 24]`",
        ["h = Input(3)", "h = x // input image: [3, 24, 24]"],
    ),
];

pub const ACTIVATIONS: &[Row] = &[
    call(&["ReLU", "Relu", "RELU", "relu_"], "it is called `relu(x)`", ["h = ReLU(x)", "h = relu(x)"]).renamed("relu"),
    call(&["Tanh", "TanH", "tanh_"], "it is called `tanh(x)`", ["h = Tanh(x)", "h = tanh(x)"]).renamed("tanh"),
    call(
        &["Sigmoid", "sigmoid_", "logistic", "expit"],
        "it is called `sigmoid(x)`",
        ["h = Sigmoid(x)", "h = sigmoid(x)"],
    )
    .renamed("sigmoid"),
    call(&["GELU", "Gelu", "GeLU"], "it is called `gelu(x)`", ["h = GELU(x)", "h = gelu(x)"]).renamed("gelu"),
    call(&["Softplus", "SoftPlus"], "it is called `softplus(x)`", ["h = Softplus(x)", "h = softplus(x)"])
        .renamed("softplus"),
    call(
        &["elu", "ELU", "celu", "CELU"],
        "define it, in a form whose gradient stays finite: `fn elu(x) = relu(x) + exp(-relu(-x)) - 1`",
        ["h = elu(x)", "fn elu(x) = relu(x) + exp(-relu(-x)) - 1\nh = elu(x)"],
    ),
    call(
        &["selu", "SELU"],
        "define it, in a form whose gradient stays finite: \
         `fn selu(x) = 1.0507 * relu(x) + 1.7581 * (exp(-relu(-x)) - 1)`",
        ["h = selu(x)", "fn selu(x) = 1.0507 * relu(x) + 1.7581 * (exp(-relu(-x)) - 1)\nh = selu(x)"],
    ),
    call(
        &["relu6", "ReLU6"],
        "a relu that ends at 6 is `relu(x) - relu(x - 6)`",
        ["h = relu6(x)", "h = relu(x) - relu(x - 6)"],
    ),
    call(
        &["leaky_relu", "LeakyReLU", "leakyrelu", "leakyReLU", "LeakyRelu", "lrelu", "leaky_relu_"],
        "a relu with a slope of 0.01 below zero is `relu(x) - 0.01 * relu(-x)`",
        ["h = leaky_relu(x)", "h = relu(x) - 0.01 * relu(-x)"],
    ),
    call(
        &["prelu", "PReLU"],
        "a relu with a learned slope below zero is `relu(x) - gain(relu(-x), start: 0.25)`",
        ["h = prelu(x)", "h = relu(x) - gain(relu(-x), start: 0.25)"],
    ),
    call(
        &["rrelu", "RReLU"],
        "there is no slope by chance; its mean in PyTorch is `relu(x) - 0.23 * relu(-x)`",
        ["h = rrelu(x)", "h = relu(x) - 0.23 * relu(-x)"],
    ),
    call(
        &["crelu", "CReLU"],
        "both signs as channels of their own are `concat(relu(x), relu(-x))`",
        ["h = crelu(x)", "h = concat(relu(x), relu(-x))"],
    ),
    call(&["silu", "SiLU", "swish", "Swish"], "it is `x * sigmoid(x)`", ["h = silu(x)", "h = x * sigmoid(x)"]),
    call(&["mish", "Mish"], "it is `x * tanh(softplus(x))`", ["h = mish(x)", "h = x * tanh(softplus(x))"]),
    call(
        &["hardtanh", "Hardtanh", "hard_tanh"],
        "a tanh of straight lines is `relu(x + 1) - relu(x - 1) - 1`",
        ["h = hardtanh(x)", "h = relu(x + 1) - relu(x - 1) - 1"],
    ),
    call(
        &["hardsigmoid", "Hardsigmoid", "hard_sigmoid"],
        "a sigmoid of straight lines is `(relu(x + 3) - relu(x - 3)) / 6`",
        ["h = hardsigmoid(x)", "h = (relu(x + 3) - relu(x - 3)) / 6"],
    ),
    call(
        &["hardswish", "Hardswish", "hard_swish"],
        "it is `x * (relu(x + 3) - relu(x - 3)) / 6`",
        ["h = hardswish(x)", "h = x * (relu(x + 3) - relu(x - 3)) / 6"],
    ),
    call(&["softsign", "Softsign"], "it is `x / (1 + abs(x))`", ["h = softsign(x)", "h = x / (1 + abs(x))"]),
    call(&["tanhshrink", "Tanhshrink"], "it is `x - tanh(x)`", ["h = tanhshrink(x)", "h = x - tanh(x)"]),
    call(
        &["logsigmoid", "LogSigmoid", "log_sigmoid"],
        "it is `-softplus(-x)`",
        ["h = logsigmoid(x)", "h = -softplus(-x)"],
    ),
    call(
        &["softmax", "Softmax", "log_softmax", "LogSoftmax", "logsoftmax"],
        "the loss contains the softmax, so that the output is the scores themselves: `logits = dense(x, classes)`",
        ["logits = softmax(dense(x, classes))", "logits = dense(x, classes)"],
    ),
    call(
        &[
            "cross_entropy",
            "CrossEntropyLoss",
            "CrossEntropy",
            "crossentropy",
            "nll_loss",
            "NLLLoss",
            "binary_cross_entropy",
            "BCELoss",
            "categorical_crossentropy",
            "sparse_categorical_crossentropy",
        ],
        "the loss contains the cross-entropy of the output and every penalty, so that nothing but `output logits` is written",
        ["output cross_entropy(logits)", "output logits"],
    ),
    call(
        &["mse_loss", "MSELoss", "mse", "MSE", "mean_squared_error"],
        "the loss is the cross-entropy of the output; a distance may be a penalty: `mean(square(x - y))`",
        ["penalty p = mse_loss(x, y)", "penalty p = mean(square(x - y))"],
    ),
    call(
        &["l1_loss", "L1Loss", "mae", "MAE", "smooth_l1_loss", "huber"],
        "the loss is the cross-entropy of the output; a distance may be a penalty: `mean(abs(x - y))`",
        ["penalty p = l1_loss(x, y)", "penalty p = mean(abs(x - y))"],
    ),
];
