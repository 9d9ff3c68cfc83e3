//! Specs with convolutions in place of layers without weight sharing.

use lcnnc_lang::convolved::convolved;
use lcnnc_lang::{Options, Source, compile};

/// A spec with these statements and this end, in which `local` may stand.
fn spec(statements: &str, end: &str) -> String {
    format!("model Some\ninput image: [1, 12, 12]\n{statements}\nlogits = dense(y, classes)\noutput logits\n{end}")
}

#[test]
fn what_only_layers_without_weight_sharing_have_is_left_out() {
    for (before, after) in [
        ("y = local(image, 4, kernel: 3)", "y = conv(image, 4, kernel: 3)"),
        ("y = local(image, 4, kernel: 3, bias_by_place: true, lr: 2)", "y = conv(image, 4, kernel: 3, lr: 2)"),
        ("y = local(image, 4, kernel: 3, bias_by_place: false)", "y = conv(image, 4, kernel: 3)"),
        ("y = local(image, 4, kernel: 3, init: shared(he))", "y = conv(image, 4, kernel: 3, init: he)"),
        (
            "y = local(image, 4, kernel: 3, init: shared(spread: 0.2, start: he(fan: out)), bias_by_place: true)",
            "y = conv(image, 4, kernel: 3, init: he(fan: out))",
        ),
        (
            "y = relu(local(local(image, 4, kernel: 3), 4, kernel: 3))",
            "y = relu(conv(conv(image, 4, kernel: 3), 4, kernel: 3))",
        ),
        ("y = repeat 2 local(image, 1, kernel: 3)", "y = repeat 2 conv(image, 1, kernel: 3)"),
        (
            "const kind = local  // or conv\ny = kind(image, 4, kernel: 3)",
            "const kind = conv  // or conv\ny = kind(image, 4, kernel: 3)",
        ),
        (
            "block two(x, kind) {\n    yield kind(kind(x, 4, kernel: 3), 4, kernel: 3)\n}\ny = two(image, local)",
            "block two(x, kind) {\n    yield kind(kind(x, 4, kernel: 3), 4, kernel: 3)\n}\ny = two(image, conv)",
        ),
        (
            "weights W: local(1 -> 4, kernel: 3, bias_by_place: true)\ny = W * image",
            "weights W: conv(1 -> 4, kernel: 3)\ny = W * image",
        ),
    ] {
        let compiled =
            |text: &str| compile(&Source { name: "some".to_owned(), text: text.to_owned() }, &Options::default());
        let (old, new) = (spec(before, ""), convolved(&spec(before, "")));
        assert_eq!(new.text, spec(after, ""));
        let [old, new] = [&old, &new.text].map(|text| compiled(text).net.unwrap_or_else(|| panic!("{text}")));
        assert!(!old.local_layers().is_empty() && new.local_layers().is_empty(), "{before}");
        assert_eq!(old.params.len(), new.params.len());
    }
}

/// A const goes with the block if nothing else reads it, and one that it is made of as well.
#[test]
fn the_sleep_goes_with_the_consts_that_are_its_own() {
    let consts = "const batches = 2\nconst naps = batches * 5    // updates\nconst width = 4\n";
    let end =
        "train {\n    epochs: 2\n}\n\nsleep {\n    every: naps\n    share: y\n}\ndata {\n    validation: 10%\n}\n";
    let text = spec(&format!("{consts}y = local(image, width, kernel: 3)"), end);
    let found = convolved(&text);
    let left = "train {\n    epochs: 2\n}\ndata {\n    validation: 10%\n}\n";
    assert_eq!(found.text, spec("const width = 4\ny = conv(image, width, kernel: 3)", left));
    assert_eq!(found.dropped.iter().map(String::as_str).collect::<Vec<_>>(), ["batches", "naps"]);
    let both = text.replace("epochs: 2", "epochs: naps");
    assert!(convolved(&both).dropped.is_empty());
    let none = spec("y = conv(image, 4, kernel: 3)", "");
    assert_eq!(convolved(&none).text, none);
}
