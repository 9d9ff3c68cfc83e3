//! Dropout: each image draws its factors from its own place of a stream.

use crate::support::numbers;
use lcnnc_kernels::draws::Draws;
use lcnnc_kernels::graph::{Graph, Kernel, Map, Mask};
use lcnnc_kernels::{Batch, Engine, Parameter, Vectors};

#[test]
fn images_draw_from_their_places() {
    const DIMS: [usize; 3] = [2, 3, 1];
    const LEN: usize = 6;
    const IMAGES: usize = 21;
    const NOISE: u64 = 8;
    let mut graph = Graph::default();
    let x = graph.node(Kernel::Input(0), &[], DIMS);
    let masks = [Mask { rate: 0.3, before: 0 }, Mask { rate: 0.5, before: LEN }];
    let y = masks.map(|mask| {
        let factors = graph.node(Kernel::Mask(mask), &[], DIMS);
        graph.map(Map::Mul, &[x, factors])
    });
    let engine = Engine::new(graph, y.to_vec(), &[], Vectors::default());
    let pixels = numbers(IMAGES * LEN, 1);
    let batch = Batch::new(IMAGES, &pixels, &[]);
    let training = engine.forward(batch.training(NOISE)).outputs;
    // One after the other, as a plain tensor would be filled: first all of the first mask, image by image.
    let mut draws = Draws::of_dropout(NOISE);
    for (n, mask) in masks.iter().enumerate() {
        for image in 0..IMAGES {
            for entry in 0..LEN {
                let expected = pixels[image * LEN + entry] * draws.factor(mask.rate) as f32;
                assert_eq!(training[(image * 2 + n) * LEN + entry], expected, "mask {n}, image {image}, entry {entry}");
            }
        }
    }
    let answers = engine.forward(batch).outputs;
    let twice: Vec<f32> = pixels.chunks(LEN).flat_map(|image| [image, image].concat()).collect();
    assert_eq!(answers, twice, "nothing is dropped after training");
}

/// A root has no finite slope where an entry was dropped: lanes without an image must not drop what theirs keeps.
#[test]
fn lanes_without_an_image_drop_what_the_last_image_drops() {
    const RATE: f64 = 0.9;
    let noise = (0..).find(|noise| Draws::of_dropout(*noise).factor(RATE) > 0.0).unwrap();
    let mut graph = Graph::default();
    let x = graph.node(Kernel::Input(0), &[], [1, 1, 1]);
    let scaled = graph.map(Map::MulChannel(0), &[x]);
    let factors = graph.node(Kernel::Mask(Mask { rate: RATE, before: 0 }), &[], [1, 1, 1]);
    let dropped = graph.map(Map::Mul, &[scaled, factors]);
    let y = graph.map(Map::Sqrt, &[dropped]);
    let engine = Engine::new(graph, vec![y], &[Parameter { len: 1, trained: true }], Vectors::default());
    let gradients =
        engine.backward(Batch::new(1, &[2.0], &engine.apart(&[3.0])).training(noise), &[1.0], false).gradients.concat();
    // y = sqrt(x * w * 10), and its slope in w is y / (2 w).
    assert!((gradients[0] - 60.0_f32.sqrt() / 6.0).abs() < 1e-5, "{gradients:?}");
}
