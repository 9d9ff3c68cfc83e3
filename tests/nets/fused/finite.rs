//! What is not finite stays so: every function of a fused part, forward and backward, gives a number that is none or infinite
//! wherever the primitive does, so that a run diverges by both ways or by neither.

use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{DType, Device, Tensor, TensorData, activation, module};
use lcnnc_kernels::graph::{Dims, Graph, Id, Kernel, Map, Window};
use lcnnc_kernels::image_norm::{GroupNorm, ImageNorm, ResponseNorm};
use lcnnc_kernels::{Batch, Engine, Vectors};

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;
/// Values that the functions read.
const VALUES: [f32; 10] = [0.0, -0.0, INF, -INF, NAN, 0.5, -2.0, 30.0, -200.0, 1e20];
/// Gradients of their results.
const GRADIENTS: [f32; 7] = [0.0, -0.0, INF, -INF, NAN, 1.0, -0.5];

const EVERY: [Vectors; 3] = [Vectors::Widest, Vectors::Narrower, Vectors::Scalar];

/// A result, and the gradients of what it was made of.
struct Found {
    y: Vec<f32>,
    dx: Vec<f32>,
}

/// Runs a graph of one output over images of one pixel, `inputs` being `[images, numbers]`. The first
/// result of an image has its gradient, the second twice that, and so on.
fn kernels(graph: &Graph, output: Id, inputs: &[f32], gradients: &[f32], vectors: Vectors) -> Found {
    let engine = Engine::new(graph.clone(), vec![output], &[], vectors);
    let images = gradients.len();
    let y = engine.forward(Batch::new(images, inputs, &[])).outputs;
    let gradients: Vec<f32> = gradients.iter().flat_map(|x| weights(y.len() / images).map(move |n| n * x)).collect();
    Found { y, dx: engine.backward(Batch::new(images, inputs, &[]), &gradients, true).input_gradients }
}

/// What the gradients of an image's results are multiplied by.
fn weights(results: usize) -> impl Iterator<Item = f32> {
    (1..=results).map(|n| n as f32)
}

fn tensor<const D: usize>(values: &[f32], shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), (&Device::flex().autodiff(), DType::F32))
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.to_data().iter::<f32>().collect()
}

/// The same by a function of tensors of the shape `[images, numbers, 1, 1]`.
fn primitives(f: impl Fn(Tensor<4>) -> Tensor<4>, inputs: &[f32], gradients: &[f32]) -> Found {
    let images = gradients.len();
    let x = tensor(inputs, [images, inputs.len() / images, 1, 1]).require_grad();
    let y = f(x.clone());
    let results = y.dims()[1];
    let weights: Vec<f32> = weights(results).collect();
    let each = tensor(gradients, [images, 1, 1, 1]) * tensor(&weights, [1, results, 1, 1]);
    let gradients = (y.clone() * each).sum().backward();
    Found { y: numbers(y), dx: x.grad(&gradients).map(numbers).unwrap() }
}

/// Every combination of values and of a gradient: `[images, numbers]`, and `[images]`.
fn cases(inputs: usize) -> (Vec<f32>, Vec<f32>) {
    let (mut values, mut gradients) = (Vec::new(), Vec::new());
    for n in 0..VALUES.len().pow(inputs as u32) {
        for gradient in GRADIENTS {
            values.extend((0..inputs).map(|place| VALUES[n / VALUES.len().pow(place as u32) % VALUES.len()]));
            gradients.push(gradient);
        }
    }
    (values, gradients)
}

/// As far apart as bfloat16 rounds; numbers too small to be told from zero are zero.
fn near(a: f32, b: f32) -> bool {
    (a - b).abs() <= 4e-3 * a.abs().max(b.abs()) + 1e-12
}

#[track_caller]
fn compare(what: &str, found: &Found, expected: &Found, (inputs, gradients): (&[f32], &[f32])) {
    let each = inputs.len() / gradients.len();
    for (n, (y, expected_y)) in found.y.iter().zip(&expected.y).enumerate() {
        let case = format!("{what} of {:?}, gradient {}", &inputs[n * each..][..each], gradients[n]);
        assert!(y.is_finite() == expected_y.is_finite(), "{case}: {y}, not {expected_y}");
        assert!(!y.is_finite() || near(*y, *expected_y), "{case}: {y}, not {expected_y}");
        for (dx, wanted) in found.dx[n * each..][..each].iter().zip(&expected.dx[n * each..]) {
            if dx.is_finite() {
                assert!(wanted.is_finite() && near(*dx, *wanted), "{case}: the gradient is {dx}, not {wanted}");
            } else {
                // Of a root of a number below zero the primitive's gradient can be finite; its value never is.
                assert!(!wanted.is_finite() || !y.is_finite(), "{case}: the gradient is {dx}, not {wanted}");
            }
        }
    }
}

type One = fn(Tensor<4>) -> Tensor<4>;
type Two = fn(Tensor<4>, Tensor<4>) -> Tensor<4>;

/// Functions of one number, and what they are to Burn.
const OF_ONE: &[(Map, One)] = &[
    (Map::Negate, |x| x.neg()),
    (Map::Abs, |x| x.abs()),
    (Map::Exp, |x| x.exp()),
    (Map::Log, |x| x.log()),
    (Map::Sqrt, |x| x.sqrt()),
    (Map::Square, |x| x.square()),
    (Map::Relu, activation::relu),
    (Map::Tanh, |x| x.tanh()),
    (Map::Sigmoid, activation::sigmoid),
    (Map::Softplus, |x| activation::softplus(x, 1.0)),
    (Map::Gelu, activation::gelu),
    (Map::Reciprocal, |x| x.recip()),
    (Map::Bf16, |x| x * 1.0),
    (Map::AddNumber(1.5), |x| x + 1.5),
    (Map::MulNumber(0.0), |x| x * 0.0),
    (Map::MulNumber(-3.0), |x| x * -3.0),
];

/// Functions of two numbers.
const OF_TWO: &[(Map, Two)] =
    &[(Map::Add, |a, b| a + b), (Map::Sub, |a, b| a - b), (Map::Mul, |a, b| a * b), (Map::Div, |a, b| a / b)];

/// Every function that is looked at.
pub fn functions() -> impl Iterator<Item = Map> {
    OF_ONE.iter().map(|(map, _)| *map).chain(OF_TWO.iter().map(|(map, _)| *map))
}

#[test]
fn functions_of_one_number_hide_nothing() {
    let (inputs, gradients) = cases(1);
    for (map, f) in OF_ONE {
        let mut graph = Graph::default();
        let x = graph.node(Kernel::Input(0), &[], [1, 1, 1]);
        let y = graph.map(*map, &[x]);
        let expected = primitives(f, &inputs, &gradients);
        for vectors in EVERY {
            compare(
                &format!("{map:?}"),
                &kernels(&graph, y, &inputs, &gradients, vectors),
                &expected,
                (&inputs, &gradients),
            );
        }
    }
}

#[test]
fn functions_of_two_numbers_hide_nothing() {
    let (inputs, gradients) = cases(2);
    for (map, f) in OF_TWO {
        let mut graph = Graph::default();
        let [a, b] = [0, 1].map(|place| graph.node(Kernel::Input(place), &[], [1, 1, 1]));
        let y = graph.map(*map, &[a, b]);
        let both = |x: Tensor<4>| f(x.clone().narrow(1, 0, 1), x.narrow(1, 1, 1));
        let expected = primitives(both, &inputs, &gradients);
        for vectors in EVERY {
            compare(
                &format!("{map:?}"),
                &kernels(&graph, y, &inputs, &gradients, vectors),
                &expected,
                (&inputs, &gradients),
            );
        }
    }
}

/// Of two equal numbers, or of two that are none, either may get the gradient: sums over the window are compared.
#[test]
fn pooling_hides_nothing() {
    const DIMS: Dims = [1, 1, 2];
    let (inputs, gradients) = cases(2);
    let summed = |found: Found| Found { dx: found.dx.chunks(2).map(|dx| dx[0] + dx[1]).collect(), ..found };
    for largest in [true, false] {
        let window = Window { largest, kernel: [1, 2], stride: 2, pad: [0, 0] };
        let mut graph = Graph::default();
        let x = graph.node(Kernel::Input(0), &[], DIMS);
        let y = graph.node(Kernel::Pool(window), &[x], [1, 1, 1]);
        let f = |x: Tensor<4>| {
            let images = x.dims()[0];
            let x = x.reshape([images, 1, 1, 2]);
            if largest {
                module::max_pool2d(x, MaxPoolOptions::new([1, 2]).with_stride([1, 2]))
            } else {
                module::avg_pool2d(x, AvgPoolOptions::new([1, 2]).with_stride([1, 2]))
            }
        };
        let expected = summed(primitives(f, &inputs, &gradients));
        for vectors in EVERY {
            let found = summed(kernels(&graph, y, &inputs, &gradients, vectors));
            let what = if largest { "the largest" } else { "the mean" };
            for (n, (dx, wanted)) in found.dx.iter().zip(&expected.dx).enumerate() {
                let case = format!("{what} of {:?}, gradient {}", &inputs[2 * n..][..2], gradients[n]);
                let same = if dx.is_finite() { near(*dx, *wanted) } else { !wanted.is_finite() };
                assert!(same, "{case}: the gradient is {dx}, not {wanted}");
                let (y, wanted) = (found.y[n], expected.y[n]);
                let same = if y.is_finite() { near(y, wanted) } else { !wanted.is_finite() };
                assert!(same, "{case}: {y}, not {wanted}");
            }
        }
    }
}

/// The two norms of an image of three channels and one pixel, each with a window or a group of all of them.
const NORMS: &[(ImageNorm, One)] = &[
    (ImageNorm::Response(ResponseNorm { size: 5, alpha: 2.0, beta: 0.5, k: 1.0 }), |x| {
        let mean = x.clone().square().sum_dim(1) * 0.2;
        x * (mean * 2.0 + 1.0).powf_scalar(-0.5)
    }),
    (ImageNorm::Response(ResponseNorm { size: 5, alpha: 2.0, beta: 0.75, k: 1.0 }), |x| {
        let mean = x.clone().square().sum_dim(1) * 0.2;
        x * (mean * 2.0 + 1.0).powf_scalar(-0.75)
    }),
    (ImageNorm::Response(ResponseNorm { size: 5, alpha: 2.0, beta: 1.25, k: 1.0 }), |x| {
        let mean = x.clone().square().sum_dim(1) * 0.2;
        x * (mean * 2.0 + 1.0).powf_scalar(-1.25)
    }),
    (ImageNorm::Group(GroupNorm { groups: 1, epsilon: 0.5 }), |x| {
        let centred = x.clone() - x.mean_dim(1);
        let variance = centred.clone().square().mean_dim(1);
        centred / (variance + 0.5).sqrt()
    }),
];

#[test]
fn norms_hide_nothing() {
    const DIMS: Dims = [3, 1, 1];
    let (inputs, gradients) = cases(3);
    for (norm, f) in NORMS {
        let mut graph = Graph::default();
        let x = graph.node(Kernel::Input(0), &[], DIMS);
        let y = graph.node(Kernel::ImageNorm(*norm), &[x], DIMS);
        let expected = primitives(f, &inputs, &gradients);
        for vectors in EVERY {
            let found = kernels(&graph, y, &inputs, &gradients, vectors);
            let images = inputs.chunks(3).zip(&gradients).enumerate();
            for (n, (image, gradient)) in images {
                let both = |found: &Found| [&found.y, &found.dx].map(|all| all[3 * n..][..3].to_vec());
                let ([y, dx], [wanted_y, wanted_dx]) = (both(&found), both(&expected));
                let case = format!("{norm:?} of {image:?}, gradient {gradient}");
                assert!(alike(&y, &wanted_y), "{case}: {y:?}, not {wanted_y:?}");
                assert!(alike(&dx, &wanted_dx), "{case}: the gradient is {dx:?}, not {wanted_dx:?}");
            }
        }
    }
}

/// Whether the same numbers are finite, and those are as good as equal beside the largest.
fn alike(found: &[f32], expected: &[f32]) -> bool {
    let largest = expected.iter().filter(|x| x.is_finite()).fold(0.0, |largest: f32, x| largest.max(x.abs()));
    let same = |(a, b): (&f32, &f32)| {
        a.is_finite() == b.is_finite() && (!a.is_finite() || (a - b).abs() <= 1e-4 * largest + 1e-12)
    };
    found.iter().zip(expected).all(same)
}
