//! Every layer kind, by the example it declares.

use crate::back::{Mode, compiled, device, gradients, images, largest, model};
use lcnnc_lang::ir::{Net, Shape};
use lcnnc_lang::kinds::KINDS;

fn net_of(equation: &str) -> Net {
    compiled(&format!("model Example\ninput image: [3, 8, 8]\n{equation}\nlogits = dense(y, classes)\noutput logits\n"))
}

#[test]
fn every_example_has_the_shapes_that_were_inferred() {
    for kind in KINDS {
        let net = net_of(kind.example);
        let model = model(&net, 1);
        let (_, trace) = model.trace(images(&net, &device()));
        let named: Vec<(&String, &Shape)> =
            net.nodes().filter_map(|node| Some((node.name.as_ref()?, &node.shape))).collect();
        assert_eq!(trace.len(), named.len(), "{}", kind.name);
        for ((name, tensor), (declared, shape)) in trace.iter().zip(named) {
            assert_eq!(name, declared, "{}", kind.name);
            let [_, dims @ ..] = tensor.dims();
            let expected = match *shape {
                Shape::Map(dims) => dims,
                Shape::Vector(n) => [n, 1, 1],
                Shape::Weight(_) | Shape::Scalar => continue,
            };
            assert_eq!(dims, expected, "`{name}` of {}", kind.name);
        }
    }
}

#[test]
fn every_example_sends_a_gradient_to_every_weight() {
    for kind in KINDS {
        let net = net_of(kind.example);
        let trained = net.params.iter().filter(|param| param.trained()).count();
        for mode in [Mode::Evaluation, Mode::Training] {
            let found = gradients(&model(&net, 1), mode);
            assert_eq!(found.len(), trained, "{}", kind.name);
            for gradient in found {
                assert!(largest(&gradient.values) > 0.0, "`{}` of {}", gradient.name, kind.name);
            }
        }
    }
}
