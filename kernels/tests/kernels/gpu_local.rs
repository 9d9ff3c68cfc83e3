//! Layers whose kernels differ from place to place on a graphics processor, against the same on the CPU.

use crate::gpu::{apart, client, read};
use crate::support::{Dice, numbers};
use cubecl::CubeElement;
use lcnnc_kernels::graph::{Graph, Kernel, Local};
use lcnnc_kernels::{Batch, Engine, Outcome, Parameter, Vectors};

/// `[rows, columns]` with columns first.
fn turned(numbers: &[f32], rows: usize) -> Vec<f32> {
    let columns = numbers.len() / rows;
    (0..numbers.len()).map(|n| numbers[n % rows * columns + n / rows]).collect()
}

#[test]
fn random_layers_agree_with_the_cpu() {
    let Some(client) = client() else { return };
    let mut dice = Dice::new(11);
    for _ in 0..24 {
        let (kernel, stride) = (1 + dice.roll(5), 1 + dice.roll(3));
        let pad = dice.roll(kernel);
        let from = [dice.roll(7), dice.roll(7)].map(|size| (size + kernel).saturating_sub(pad).max(1));
        let (inputs, outputs) = (1 + dice.roll(10), [1, 3, 8, 11, 17][dice.roll(5)]);
        let local = Local { weight: 0, bias: None, inputs, outputs, kernel, stride, pad, from };
        let mut graph = Graph::default();
        let x = graph.node(Kernel::Input(0), &[], [inputs, from[0], from[1]]);
        let [down, across] = local.to();
        let y = graph.node(Kernel::Local(local), &[x], [outputs, down, across]);
        let params = [Parameter { len: local.weights(), trained: true }];
        let engine = Engine::new(graph, vec![y], &params, Vectors::default());
        let ([from, to], images) = (engine.widths(), [1, 3, 33][dice.roll(3)]);
        let (x, w, dy) = (numbers(images * from, 1), numbers(local.weights(), 2), numbers(images * to, 3));
        let expected = engine.forward(Batch::new(images, &x, &[&w])).outputs;
        let Outcome { input_gradients, gradients, .. } = engine.backward(Batch::new(images, &x, &[&w]), &dy, true);

        let up = |numbers: &[f32]| client.create_from_slice(f32::as_bytes(numbers));
        let (last, weights, back) = (up(&turned(&x, images)), up(&w), up(&turned(&dy, images)));
        let found = read(&client, local.forward_on(&client, images, &last, &weights), images * to);
        let dx = read(&client, local.to_input_on(&client, images, &back, &weights), images * from);
        let dw = || read(&client, local.to_weights_on(&client, images, &up(&x), &back), local.weights());
        for (what, found, expected) in [
            ("result", turned(&found, to), expected),
            ("gradient of the input", turned(&dx, from), input_gradients),
            ("gradient of the weights", dw(), gradients.concat()),
        ] {
            let error = apart(&found, &expected);
            assert!(error < 1e-5, "{local:?}, {images} images: the {what} is off by {error:.1e}");
        }
        assert!(dw() == dw(), "{local:?}: other bits the second time");
    }
}
