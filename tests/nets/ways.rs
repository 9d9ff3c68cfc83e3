//! Every way to write a primitive in the language, by the lists that the language is made of.

use lcnnc_lang::functions::{Apply, FUNCTIONS};
use lcnnc_lang::kinds::KINDS;
use lcnnc_lang::vocabulary::Type;
use lcnnc_testing::compile_as;

/// A way to write something on `x: [3, 8, 8]`.
pub struct Way {
    /// What the reference says of it, so that a reader finds it; none for signs.
    pub told: Option<String>,
    /// Statements, the last of which says what `y` is.
    pub written: String,
}

/// Signs, numbers and weights, which no list names.
const SIGNS: &[&str] =
    &["y = -x", "y = x + x", "y = x - x / 2", "y = x * x", "y = x / (1 + x)", "y = x + 1", "y = x / gain(x)"];

/// Every layer kind with each choice that its example can have, every function and every sign.
pub fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for kind in KINDS {
        let told = Some(format!("### {}\n", kind.name));
        let example = kind.example.replace("image", "x");
        let without_end = example.strip_suffix(')').unwrap_or_else(|| panic!("{example} is no call"));
        for arg in kind.args.iter().filter(|arg| !example.contains(&format!("{}:", arg.name))) {
            let Type::Word(words) = arg.ty else { continue };
            let chosen = |word: &&str| format!("{without_end}, {}: {word})", arg.name);
            let chosen = words.iter().map(|word| Way { told: told.clone(), written: chosen(word) });
            // Not every choice goes with the other arguments of the example: an even window has no centre.
            ways.extend(chosen.filter(|way| compile_as("way.lcnn", &spec(way), &[]).net.is_some()));
        }
        ways.push(Way { told, written: example });
    }
    for function in FUNCTIONS {
        let name = function.name;
        let written = match function.apply {
            Apply::Entrywise(_) => format!("y = {name}(x)"),
            Apply::Reduce(_) => format!("penalty p = {name}(square(x))\ny = x"),
            Apply::Steps(_) => format!("loop L(steps: 2) {{\n    state S = x\n    S' = tanh(S)\n}}\ny = {name}(S@all)"),
        };
        ways.push(Way { told: Some(format!("| `{name}(x)` |")), written });
    }
    let weights = "weights W: conv(3 -> 3, kernel: 3)\npenalty p = l1(W)\ny = W * x".to_owned();
    ways.push(Way { told: Some("| `l1(x)` |".to_owned()), written: weights });
    ways.extend(SIGNS.iter().map(|written| Way { told: None, written: (*written).to_owned() }));
    ways
}

/// A spec in which `x` comes out of a convolution, above zero, and `y` goes to the scores.
pub fn spec(way: &Way) -> String {
    let written = &way.written;
    format!(
        "model Way\ninput image: [3, 8, 8]\nx = sigmoid(conv(image, 3, kernel: 3)) + 0.5\n{written}\n\
         logits = dense(y, classes)\noutput logits\n"
    )
}
