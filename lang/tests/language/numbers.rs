//! Costs against sums done by hand from the papers' own tables.

use lcnnc_lang::ir::cost::{self, LayerCost};
use lcnnc_lang::ir::{Net, ParamClass};
use lcnnc_testing::{net, spec};

fn trained(net: &Net) -> usize {
    net.params.iter().filter(|param| param.trained()).map(lcnnc_lang::ir::Param::len).sum()
}

fn of(net: &Net, owner: &str) -> usize {
    net.params.iter().filter(|param| param.owner() == owner).map(lcnnc_lang::ir::Param::len).sum()
}

/// Parameters, multiply-adds and bytes of activity, summed over the table.
fn sums(net: &Net) -> [u128; 3] {
    let add = |[p, m, a]: [u128; 3], row: &LayerCost| [p + row.parameters, m + row.multiply_adds, a + row.activation];
    cost::table(net).iter().fold([0; 3], add)
}

/// Park et al. (2025): 1 -> 8 and 8 -> 8 channels, both 7x7 without bias; 2x2 pooling of 48x48; 4608 -> 10 with bias.
#[test]
fn model_1_has_as_many_parameters_as_its_paper_says() {
    for name in ["f_cnn", "lc_cnn"] {
        for steps in ["1", "3", "5"] {
            let set: &[(&str, &str)] = if name == "lc_cnn" { &[("steps", steps)] } else { &[] };
            let net = net(&spec(name), set);
            assert_eq!([of(&net, "W_A"), of(&net, "W_L"), of(&net, "logits")], [392, 3136, 46_090], "{name}");
            assert_eq!(trained(&net), 49_618, "whatever the steps, {name} has one W_L");
            assert_eq!(sums(&net)[0], 49_618);
        }
    }
}

#[test]
fn model_1_costs_a_lateral_convolution_more_a_step() {
    for steps in [1_u128, 3, 5] {
        let net = net(&spec("lc_cnn"), &[("steps", &steps.to_string())]);
        // 48 x 48 = 2304 places, 7 x 7 = 49 taps, 1 x 8 and 8 x 8 pairs of channels.
        let [_, multiply_adds, activation] = sums(&net);
        assert_eq!(multiply_adds, 2304 * 49 * (8 + 64 * steps) + 46_080);
        // Two maps for A (before and after its relu), three a step; pooled, flattened, ten logits; four bytes each.
        assert_eq!(activation, 4 * (8 * 2304 * (2 + 3 * steps) + 2 * 4608 + 10));
    }
}

#[test]
fn the_baseline_costs_as_much_as_one_step() {
    let (baseline, loop_1) = (net(&spec("f_cnn"), &[]), net(&spec("lc_cnn"), &[("steps", "1")]));
    assert_eq!(sums(&baseline)[1], 2304 * 49 * (8 + 64) + 46_080);
    assert_eq!(sums(&baseline)[..2], sums(&loop_1)[..2]);
    let difference = sums(&loop_1)[2] - sums(&baseline)[2];
    assert_eq!(difference, 4 * 8 * 2304, "one sum of maps more");
}

/// The net has 1 -> 4 channels, then 4 -> 4 twice, all 7x7; 2304 -> 10 with bias.
#[test]
fn model_2_has_as_many_parameters_as_its_paper_says() {
    let net = net(&spec("lcei_cnn"), &[]);
    assert_eq!(["W_A", "W_E", "W_I", "logits"].map(|owner| of(&net, owner)), [196, 784, 784, 23_050]);
    assert_eq!(sums(&net)[..2], [24_814, 2304 * 49 * (4 + 16 + 16) + 23_040]);
}

#[test]
fn a_number_of_classes_is_a_number_of_rows() {
    let source = lcnnc_lang::Source { name: "lc_cnn.lcnn".to_owned(), text: spec("lc_cnn") };
    // Natural Images has eight classes.
    let options = lcnnc_lang::Options { classes: Some(8), ..lcnnc_lang::Options::default() };
    let net = lcnnc_lang::compile(&source, &options).net.unwrap();
    assert_eq!(of(&net, "logits"), 4608 * 8 + 8);
}

#[test]
fn a_bundle_used_twice_is_counted_once() {
    let text = "model Twice\ninput image: [1, 6, 6]\nweights W: conv(1 -> 1, kernel: 3)\ny = W * (W * image)\n\
                logits = dense(y, classes)\noutput logits\n";
    let net = net(text, &[]);
    assert_eq!(of(&net, "W"), 10);
    assert_eq!(sums(&net), [10 + 370, 2 * 36 * 9 + 360, 4 * (36 + 36 + 36 + 10)]);
}

/// Sizes follow PyTorch's formula, `(size + 2 * padding - kernel) / stride + 1`, rounded down.
#[test]
fn sizes_of_maps_follow_kernel_stride_and_padding() {
    let cases = [
        ("conv(image, 2, kernel: 7)", [2, 11, 13]),
        ("conv(image, 2, kernel: 3, stride: 2)", [2, 6, 7]),
        ("conv(image, 2, kernel: 3, stride: 3)", [2, 4, 5]),
        ("conv(image, 2, kernel: 4, padding: valid)", [2, 8, 10]),
        ("conv(image, 2, kernel: 5, stride: 2, padding: valid)", [2, 4, 5]),
        ("conv(image, 2, kernel: 11, padding: valid)", [2, 1, 3]),
        ("concat(image, conv(image, 4, kernel: 1))", [5, 11, 13]),
        ("depthwise(image, kernel: 3)", [1, 11, 13]),
        ("depthwise(image, 4, kernel: 3, stride: 2, padding: valid)", [4, 5, 6]),
        ("max_pool(image, 3, stride: 2, padding: same)", [1, 6, 7]),
        ("avg_pool(image, 5, stride: 1, padding: same)", [1, 11, 13]),
        ("conv_transpose(image, 2, kernel: 3)", [2, 11, 13]),
        ("conv_transpose(image, 2, kernel: 3, stride: 2)", [2, 22, 26]),
        ("conv_transpose(image, 2, kernel: 4, stride: 3, padding: valid)", [2, 34, 40]),
        ("upsample(image, factor: 3)", [1, 33, 39]),
        ("image + zeros(1, height: 11, width: 13)", [1, 11, 13]),
    ];
    for (layer, shape) in cases {
        let text =
            format!("model Size\ninput image: [1, 11, 13]\ny = {layer}\nlogits = dense(y, classes)\noutput logits\n");
        let net = net(&text, &[]);
        let found = net.nodes().find(|node| node.name.as_deref() == Some("y")).map(|node| node.shape.clone());
        assert_eq!(found, Some(lcnnc_lang::ir::Shape::Map(shape)), "{layer}");
    }
}

/// A kernel meets every pixel of the output once for each channel it sees; a transposed one every pixel of the input.
#[test]
fn grouped_and_transposed_kernels_cost_what_they_meet() {
    let cases = [
        ("conv(image, 6, kernel: 3, bias: false)", 6 * 3 * 9, 54 * 162),
        ("depthwise(image, 6, kernel: 3, bias: false)", 6 * 9, 54 * 54),
        ("conv_transpose(image, 2, kernel: 3, stride: 2, bias: false)", 3 * 2 * 9, 54 * 54),
        ("conv_transpose(image, 2, kernel: 3, stride: 2, padding: valid, bias: false)", 3 * 2 * 9, 54 * 54),
        ("upsample(image)", 0, 0),
    ];
    for (layer, parameters, multiply_adds) in cases {
        let text =
            format!("model Cost\ninput image: [3, 6, 9]\ny = {layer}\nlogits = dense(y, classes)\noutput logits\n");
        let net = net(&text, &[]);
        let row = cost::table(&net).into_iter().find(|row| row.layer == "y").unwrap();
        assert_eq!((row.parameters, row.multiply_adds), (parameters, multiply_adds), "{layer}");
    }
}

#[test]
fn statistics_are_kept_and_not_counted() {
    let text = "model Norm\ninput image: [3, 4, 4]\ny = batch_norm(image)\nlogits = dense(y, classes)\noutput logits\n";
    let net = net(text, &[]);
    assert_eq!(of(&net, "y"), 12);
    assert_eq!(trained(&net), 6 + 490);
    assert_eq!(net.params.iter().filter(|param| param.class == ParamClass::Statistic).count(), 2);
}
