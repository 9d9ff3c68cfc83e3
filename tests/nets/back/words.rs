//! Single primitives at the places where they are easily wrong.

use crate::back::nets::Make;
use crate::back::{BATCH, device, images, model, numbers};
use burn::tensor::{Device, Tensor, TensorData};
use lcnnc::back::burn::{DeviceChoice, DeviceError, Model, Precision, loss};
use lcnnc_lang::ir::{
    Builder, Net, Output, Padding, ParamClass, Penalty, Pool, Reduce, Shape, Unary, Upsampling, Value,
};
use std::sync::Arc;

/// A net whose only penalty is the sum of `f` over a weight, with that weight's numbers.
fn summed(f: Unary, numbers: &[f64]) -> Model {
    let mut net = Make::new([1, 2, 2]);
    let weight = net.param("w.weight", &[1, numbers.len()], ParamClass::Kernel);
    let weight = net.0.read(weight);
    let values = net.0.unary(f, weight);
    let sum = net.0.reduce(Reduce::Sum, values);
    let model = model(&net.finish_with("summed", Value::INPUT, vec![sum]), 0);
    let mut weights = model.weights().unwrap();
    weights[0].values = numbers.to_vec();
    model.with_weights(&weights).unwrap()
}

fn value_and_gradient(f: Unary, x: f64) -> (f64, f64) {
    let model = summed(f, &[x]);
    let penalty = model.forward(images(model.net(), &device())).penalties.remove(0);
    let gradients = model.gradients(&model.backward(penalty.clone())).unwrap();
    (penalty.into_scalar(), gradients[0].values[0])
}

#[test]
fn functions_at_their_corners() {
    let expected = [
        (Unary::Abs, 0.0, 0.0, 0.0),
        (Unary::Relu, 0.0, 0.0, 0.0),
        (Unary::Softplus, 0.0, f64::ln(2.0), 0.5),
        (Unary::Softplus, 1000.0, 1000.0, 1.0),
        (Unary::Softplus, -1000.0, 0.0, 0.0),
        (Unary::Softplus, -30.0, 9.357_622_968_839_855e-14, 9.357_622_968_839_299e-14),
        (Unary::Sigmoid, 1000.0, 1.0, 0.0),
        (Unary::Sigmoid, -1000.0, 0.0, 0.0),
        (Unary::Tanh, 1000.0, 1.0, 0.0),
        (Unary::Square, 0.0, 0.0, 0.0),
        (Unary::Gelu, 0.0, 0.0, 0.5),
        (Unary::Gelu, 1.0, 0.841_344_746_068_542_9, 1.083_315_470_587_686_3),
        (Unary::Gelu, -1.0, -0.158_655_253_931_457_05, -0.083_315_470_587_686_29),
        (Unary::Gelu, 1000.0, 1000.0, 1.0),
        (Unary::Gelu, -1000.0, 0.0, 0.0),
    ];
    for (f, x, value, gradient) in expected {
        let found = value_and_gradient(f, x);
        let near = |found: f64, expected: f64| (found - expected).abs() <= 1e-9 * expected.abs();
        assert!(near(found.0, value) && near(found.1, gradient), "{f:?} of {x}: {found:?}");
    }
}

#[test]
fn the_loss_is_safe_for_scores_of_any_size() {
    let device = device();
    let options = (&device, Precision::Double.dtype());
    let logits = Tensor::<2>::from_data(TensorData::from([[1e4, -1e4], [1.0, 1.0]]), options).require_grad();
    let labels = Tensor::from_data(TensorData::from([1i64, 0]), &device);
    let loss = loss(logits.clone(), labels, 0.0);
    let gradient: Vec<f64> = logits.grad(&loss.backward()).unwrap().into_data().iter::<f64>().collect();
    assert_eq!(gradient, [0.5, -0.5, -0.25, 0.25]);
    assert_eq!(loss.into_scalar::<f64>(), f64::midpoint(2e4, f64::ln(2.0)));
}

/// The numbers are PyTorch's: `F.cross_entropy(x, y, label_smoothing=0.2)` in double precision.
#[test]
fn smoothed_labels_give_the_loss_that_pytorch_gives() {
    let device = device();
    let options = (&device, Precision::Double.dtype());
    let logits = Tensor::<2>::from_data(TensorData::from([[1.0, 2.0, 3.0], [0.5, -1.0, 0.0]]), options).require_grad();
    let labels = Tensor::from_data(TensorData::from([2i64, 0]), &device);
    let loss = loss(logits.clone(), labels, 0.2);
    let gradient: Vec<f64> = logits.grad(&loss.backward()).unwrap().into_data().iter::<f64>().collect();
    assert!((loss.into_scalar::<f64>() - 0.672_534_951_557_221).abs() < 1e-14);
    let expected = [
        [0.011_681_953_251_856_884, 0.089_030_902_194_065_48, -0.100_712_855_445_922_46],
        [-0.160_058_639_700_243_53, 0.027_642_492_821_531_09, 0.132_416_146_878_712_42],
    ];
    for (found, expected) in gradient.iter().zip(expected.as_flattened()) {
        assert!((found - expected).abs() < 1e-14, "{gradient:?}");
    }
}

fn normalised() -> Net {
    let mut net = Make::new([2, 3, 3]);
    let normal = net.batch_norm("norm", Value::INPUT);
    net.finish("normalised", normal)
}

/// PyTorch's rule, with the momentum 0.1 and the starting values 0.1 and 0.7 of the net.
#[test]
fn running_statistics_follow_the_batch() {
    let net = normalised();
    let model = model(&net, 1);
    let images = images(&net, &device());
    let all: Vec<f64> = images.to_data().iter::<f64>().collect();
    let (_, statistics) = model.forward_training(images, 0);
    let after = model.absorb(statistics).weights().unwrap();
    let found = |name: &str| after.iter().find(|weight| weight.name == name).unwrap().values.clone();
    for channel in 0..2 {
        let seen: Vec<f64> = (0..BATCH).flat_map(|b| &all[(b * 2 + channel) * 9..][..9]).copied().collect();
        let mean = seen.iter().sum::<f64>() / seen.len() as f64;
        let variance = seen.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (seen.len() - 1) as f64;
        assert!((found("norm.running_mean")[channel] - (0.9 * 0.1 + 0.1 * mean)).abs() < 1e-14);
        assert!((found("norm.running_var")[channel] - (0.9 * 0.7 + 0.1 * variance)).abs() < 1e-14);
    }
}

#[test]
fn evaluation_changes_no_statistics_and_drops_nothing() {
    let mut net = Make::new([1, 8, 8]);
    let dropped = net.0.dropout(Value::INPUT, 0.25).unwrap();
    net.0.name(dropped, "dropped");
    let model = model(&net.finish("dropout", dropped), 1);
    let images = images(model.net(), &device());
    let (_, trace) = model.trace(images.clone());
    assert_eq!(trace[0].0, "dropped");
    assert_eq!(trace[0].1.to_data(), images.to_data());
}

#[test]
fn dropout_depends_on_its_noise_alone_and_keeps_the_mean() {
    let mut net = Make::new([1, 50, 50]);
    let dropped = net.0.dropout(Value::INPUT, 0.25).unwrap();
    let mean = net.0.reduce(Reduce::Mean, dropped);
    let model = model(&net.finish_with("dropout", Value::INPUT, vec![mean]), 1);
    let ones = Tensor::ones([BATCH, 1, 50, 50], (&Device::flex(), Precision::Double.dtype()));
    let mean = |noise| -> f64 { model.forward_training(ones.clone(), noise).0.penalties.remove(0).into_scalar() };
    assert_eq!(mean(1), mean(1));
    assert_ne!(mean(1), mean(2));
    assert!((mean(1) - 1.0).abs() < 0.02, "{}", mean(1));
}

#[test]
fn a_trace_shows_a_loop_step_by_step() {
    let mut net = Builder::new([1, 2, 2]);
    let (open, states) = net.begin_loop("Lateral", 3, vec![("O".to_owned(), Value::INPUT)]);
    let next = net.unary(Unary::Exp, states[0]);
    net.name(next, "O");
    let (_, last) = net.end_loop(open, &[next]).unwrap();
    let logits = net.flatten(last[0]).unwrap();
    let sum = net.reduce(Reduce::Sum, last[0]);
    let penalties = vec![Penalty { name: "sum".to_owned(), value: sum }];
    let output = Output { name: "logits".to_owned(), logits: vec![logits] };
    let net = net.finish("traced".to_owned(), "image".to_owned(), output, 4, penalties);
    let model = Model::new(Arc::new(net), 0, &Device::flex(), Precision::Single);
    let data = TensorData::new(numbers(4, 0), [1, 1, 2, 2]);
    let (forward, trace) = model.trace(Tensor::from_data(data, &Device::flex()));
    let names: Vec<&str> = trace.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["O"; 4]);
    assert_eq!(trace[3].1.to_data().iter::<f32>().sum::<f32>(), forward.penalties[0].clone().into_scalar::<f32>());
    assert_eq!(forward.logits().dims(), [1, 4]);
}

#[test]
fn valid_padding_and_strides_give_the_declared_shapes() {
    let mut net = Make::new([3, 11, 9]);
    let x = net.conv("a", Value::INPUT, 2, 5, 3, Padding::Same);
    let x = net.conv("b", x, 4, 3, 1, Padding::Valid);
    net.0.name(x, "b");
    let expected = net.0.shape(x).clone();
    let model = model(&net.finish("shapes", x), 0);
    let (_, trace) = model.trace(images(model.net(), &device()));
    let [_, dims @ ..] = trace[0].1.dims();
    assert_eq!(lcnnc_lang::ir::Shape::Map(dims), expected);
}

/// What an equation `y` of one net is, for the images of the tests, and those images.
fn traced(image: [usize; 3], y: impl Fn(&mut Builder) -> Value) -> (Vec<f64>, Vec<f64>) {
    let mut net = Make::new(image);
    let y = y(&mut net.0);
    net.0.name(y, "y");
    let model = model(&net.finish("traced", y), 0);
    let images = images(model.net(), &device());
    let (_, trace) = model.trace(images.clone());
    (trace[0].1.to_data().iter::<f64>().collect(), images.into_data().iter::<f64>().collect())
}

/// 49 times 1/49 is less than 1, so a source pixel cannot be found by a ratio.
#[test]
fn the_nearest_pixel_is_exact_for_any_factor() {
    const FACTOR: usize = 49;
    let (found, images) = traced([1, 2, 3], |net| net.upsample(Value::INPUT, FACTOR, Upsampling::Nearest).unwrap());
    let side = |n: usize, len: usize| n / FACTOR % len;
    let pixel = |n: usize| {
        let (image, row, column) = (n / (6 * FACTOR * FACTOR), n / (3 * FACTOR), n % (3 * FACTOR));
        images[image * 6 + side(row, 2) * 3 + side(column, 3)]
    };
    assert_eq!(found, (0..found.len()).map(pixel).collect::<Vec<_>>());
}

#[test]
fn one_pixel_stays_what_it_is_however_it_is_enlarged() {
    for mode in [Upsampling::Nearest, Upsampling::Bilinear] {
        let (found, images) = traced([1, 1, 1], |net| net.upsample(Value::INPUT, 5, mode).unwrap());
        assert!(found.iter().enumerate().all(|(n, x)| (x - images[n / 25]).abs() < 1e-15), "{mode:?}");
    }
}

/// Whole and broken powers take two paths in Burn.
#[test]
fn responses_are_normalised_by_any_power() {
    let (alpha, k) = (0.5, 1.5);
    for beta in [0.0, 0.5, 0.75, 1.0, 2.0, 3.0] {
        let (found, images) = traced([1, 2, 2], |net| net.lrn(Value::INPUT, 3, alpha, beta, k).unwrap());
        for (y, x) in found.iter().zip(images) {
            let expected = x / (k + alpha * x * x / 3.0).powf(beta);
            assert!((y - expected).abs() < 1e-15, "{x} to the power of {beta}: {y}, expected {expected}");
        }
    }
}

/// Around a corner of a map of minus ones, zeros would win a maximum and weaken a mean.
#[test]
fn the_border_never_counts_in_a_window() {
    for kind in [Pool::Max, Pool::Average] {
        let (found, _) = traced([1, 4, 5], |net| {
            let zeros = net.zeros(Shape::Map([1, 4, 5])).unwrap();
            let one = net.number(1.0);
            let below = net.binary(lcnnc_lang::ir::Binary::Sub, zeros, one).unwrap();
            net.pool(kind, below, [3, 5], 1, Padding::Same).unwrap()
        });
        assert_eq!(found, vec![-1.0; BATCH * 20], "{kind:?}");
    }
}

#[test]
fn zeros_are_there_once_for_each_image() {
    let (map, _) = traced([1, 2, 2], |net| net.zeros(Shape::Map([3, 4, 5])).unwrap());
    let (vector, _) = traced([1, 2, 2], |net| net.zeros(Shape::Vector(7)).unwrap());
    assert_eq!((map, vector), (vec![0.0; BATCH * 60], vec![0.0; BATCH * 7]));
}

#[test]
fn devices_have_words() {
    for (text, choice) in [
        ("auto", DeviceChoice::Auto),
        ("cpu", DeviceChoice::Cpu),
        ("cuda:0", DeviceChoice::Cuda(0)),
        ("cuda:3", DeviceChoice::Cuda(3)),
        ("wgpu", DeviceChoice::Wgpu),
    ] {
        assert_eq!(text.parse(), Ok(choice));
        assert_eq!(choice.to_string(), text);
    }
    assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
    for wrong in ["", "gpu", "cuda:", "cuda:-1", "cuda:x", "CPU"] {
        assert_eq!(wrong.parse::<DeviceChoice>(), Err(DeviceError::Unknown(wrong.to_owned())));
    }
}

#[test]
fn the_cpu_is_always_there() {
    assert_eq!(DeviceChoice::Cpu.open().unwrap().name, "cpu (Flex)");
    assert!(DeviceChoice::Auto.open().is_ok());
}

#[test]
#[cfg(not(feature = "wgpu"))]
fn without_the_feature_wgpu_says_how_to_build_it() {
    let error = DeviceChoice::Wgpu.open().unwrap_err();
    assert!(error.to_string().contains("--features wgpu"), "{error}");
}

#[test]
#[cfg(not(feature = "cuda"))]
fn without_the_feature_cuda_says_how_to_build_it() {
    let error = DeviceChoice::Cuda(0).open().unwrap_err();
    assert!(error.to_string().contains("--features cuda"), "{error}");
}
