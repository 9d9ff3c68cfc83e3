//! Every function of the kernels, forward and backward, on a graphics processor against the same on the CPU.

use crate::gpu::{apart, client, read};
use crate::support::numbers;
use cubecl::CubeElement;
use lcnnc_kernels::graph::{Graph, Kernel, Map};
use lcnnc_kernels::{Batch, Engine, Outcome, Parameter, Vectors};

/// The kind of numbers that a function of the kernels is applied to in these tests.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    /// Numbers of either sign.
    Any,
    /// Numbers above zero.
    Positive,
    /// Numbers of either sign, and numbers above zero.
    Two,
    /// The gradient of a result: only a backward pass has it, behind the function that it belongs to.
    Gradient,
    /// Numbers of a batch normalisation, which a graphics processor does not have; it has tests of its own.
    Batch,
}

/// Makes the list of all functions. The match behind it has no wildcard: a function that is not listed does not compile.
macro_rules! maps {
    ($($variant:ident $(($number:expr))?: $of:ident,)*) => {
        const MAPS: &[(Map, Of)] = &{
            #[allow(clippy::unneeded_struct_pattern, reason = "not every function holds something")]
            const fn _listed(map: &Map) {
                match map {
                    $(Map::$variant { .. } => (),)*
                }
            }
            [$((Map::$variant $(($number))?, Of::$of),)*]
        };
    };
}

maps! {
    Negate: Any,
    Abs: Any,
    Exp: Any,
    Log: Positive,
    Sqrt: Positive,
    Square: Any,
    Relu: Any,
    Tanh: Any,
    Sigmoid: Any,
    Softplus: Any,
    Gelu: Any,
    Reciprocal: Positive,
    Bf16: Any,
    AddNumber(1.5): Any,
    MulNumber(-0.5): Any,
    AddChannel(0): Any,
    MulChannel(0): Any,
    DivChannel(0): Any,
    Add: Two,
    Sub: Two,
    Mul: Two,
    Div: Two,
    ReluBackward: Gradient,
    TanhBackward: Gradient,
    SigmoidBackward: Gradient,
    SoftplusBackward: Gradient,
    GeluBackward: Gradient,
    AbsBackward: Gradient,
    Normalise(0): Batch,
    NormaliseBackward(0): Batch,
}

/// All functions are in one graph, each with an output of its own: a driver compiles it once.
#[test]
fn every_function_agrees_with_the_cpu() {
    const DIMS: [usize; 3] = [2, 4, 4];
    const LEN: usize = 32;
    const IMAGES: usize = 3;
    let Some(client) = client() else { return };
    let mut graph = Graph::default();
    let [any, positive] = [0, 1].map(|place| graph.node(Kernel::Input(place), &[], DIMS));
    let forward: Vec<(Map, Of)> =
        MAPS.iter().copied().filter(|(_, of)| ![Of::Gradient, Of::Batch].contains(of)).collect();
    let outputs = forward.iter().map(|(map, of)| match of {
        Of::Any | Of::Gradient | Of::Batch => graph.map(*map, &[any]),
        Of::Positive => graph.map(*map, &[positive]),
        Of::Two => graph.map(*map, &[any, positive]),
    });
    let outputs = outputs.collect();
    let engine = Engine::new(graph, outputs, &[Parameter { len: DIMS[0], trained: true }], Vectors::default());
    let [width, made] = engine.widths();
    let x: Vec<f32> = numbers(IMAGES * width, 1);
    let x: Vec<f32> = x.iter().enumerate().map(|(n, x)| if n % width < LEN { 4.0 * x } else { 1.2 + x }).collect();
    let (w, gradients) = (numbers(DIMS[0], 2), numbers(IMAGES * made, 3));
    let up = |numbers: &[f32]| client.create_from_slice(f32::as_bytes(numbers));
    let expected = engine.forward(Batch::new(IMAGES, &x, &engine.apart(&w))).outputs;
    let found = read(&client, engine.forward_on(&client, IMAGES, up(&x), up(&w)), IMAGES * made);
    let of = |all: &[f32], n: usize| all.chunks(made).flat_map(|image| image[n * LEN..][..LEN].to_vec()).collect();
    for (n, (map, _)) in forward.iter().enumerate() {
        let (found, expected): (Vec<f32>, Vec<f32>) = (of(&found, n), of(&expected, n));
        let error = apart(&found, &expected);
        assert!(error < 1e-5, "{map:?} is off by {error:.1e}");
    }
    // One function's gradient after the other, as they add up.
    for (n, (map, _)) in forward.iter().enumerate() {
        let own = |place: usize| place % made / LEN == n;
        let gradients: Vec<f32> =
            gradients.iter().enumerate().map(|(k, gradient)| if own(k) { *gradient } else { 0.0 }).collect();
        let Outcome { input_gradients: dx, gradients: dw, .. } =
            engine.backward(Batch::new(IMAGES, &x, &engine.apart(&w)), &gradients, true);
        let dw = engine.row(dw);
        let [on_dx, on_dw] = engine.backward_on(&client, IMAGES, [up(&x), up(&w), up(&gradients)], true);
        let error = apart(&read(&client, on_dx, dx.len()), &dx).max(apart(&read(&client, on_dw, dw.len()), &dw));
        assert!(error < 1e-5, "the gradient of {map:?} is off by {error:.1e}");
    }
}
