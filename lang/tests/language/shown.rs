//! What `show` prints: it follows `--set` as the author's text does, and names in it stay apart from the words of
//! choices.

use crate::resolved::{around, reads_back, shown};
use lcnnc_lang::kinds::KINDS;
use lcnnc_lang::vocabulary::settings::BLOCKS;
use lcnnc_lang::vocabulary::{Arg, Type};
use lcnnc_testing::compile_as;
use std::collections::BTreeSet;

/// The shown text means what the author's does, whatever `--set` makes of its consts.
pub fn sets_alike(text: &str, set: &[(&str, &str)]) {
    let [plain, source] = [&[], set].map(|set| compile_as("one.lcnn", text, set));
    if plain.net.is_none() || source.net.is_none() {
        return;
    }
    let shown = plain.resolved(&plain.settings);
    let again = compile_as("shown.lcnn", &shown, set);
    assert_eq!(again.net, source.net, "{set:?}\n{shown}\n{}", again.report);
    assert_eq!(again.settings, source.settings, "{set:?}\n{shown}");
}

#[test]
fn consts_of_the_shown_text_may_be_set() {
    let choice = around("const how = he\ny = conv(image, 3, kernel: 3, init: how)");
    assert!(shown(&choice, &[]).contains("init: how, stride: 1,"));
    sets_alike(&choice, &[("how", "zeros")]);
    let kind = around("const act = batch_norm\nconst k = conv\ny = act(k(image, 3, kernel: 3))");
    sets_alike(&kind, &[("act", "tanh"), ("k", "local")]);
    let bundle = around("const k = conv\nweights W: k(3 -> 3, kernel: 3)\ny = W * image");
    sets_alike(&bundle, &[("k", "local")]);
    let settings = "train {\n    epochs: 2 * d\n    optimizer: best\n    schedule: steps(at: [d])\n}\ndata {\n    transform: [resize(size), normalise(mean: 1 / size, sd: 0.5)]\n    validation: d / 10\n}\n";
    let consts = "const d = 2\nconst size = 8\nconst best = adam";
    let text = format!("{}{settings}", around(&format!("{consts}\ny = relu(image)")));
    for set in [[("d", "3")].as_slice(), &[("size", "16")], &[("best", "sgd"), ("d", "1")]] {
        sets_alike(&text, set);
        reads_back(&text, &compile_as("set.lcnn", &text, set));
    }
    let text = text.replace("input image: [3, 8, 8]", "input image: [3, size, size]");
    sets_alike(&text, &[("size", "16")]);
    assert!(shown(&text, &[]).contains("epochs: 2 * d\n"));
}

/// The words of every choice that a kind or a setting has.
fn words_of(args: &'static [Arg], words: &mut BTreeSet<&'static str>) {
    for arg in args {
        match &arg.ty {
            Type::Word(choices) | Type::RealsOr(choices) => words.extend(*choices),
            Type::Call(choices) | Type::Calls(choices) => {
                for choice in *choices {
                    words.insert(choice.name);
                    words_of(choice.args, words);
                }
            }
            Type::Count { .. }
            | Type::Real { .. }
            | Type::Share
            | Type::Batches { .. }
            | Type::Epochs { .. }
            | Type::Milliseconds { .. }
            | Type::Names
            | Type::Bool
            | Type::Reals
            | Type::Range { .. } => {}
        }
    }
}

/// Walks the registry: whatever is called as a choice is, the word of the choice stays that.
#[test]
fn anything_may_be_called_as_a_choice_is() {
    let mut words = BTreeSet::new();
    KINDS.iter().for_each(|kind| [kind.args, kind.weights].into_iter().for_each(|args| words_of(args, &mut words)));
    BLOCKS.iter().for_each(|block| words_of(block.keys, &mut words));
    assert!(["same", "fan_in", "he", "in", "adam", "cosine", "flip"].iter().all(|word| words.contains(word)));
    let mut good = 0;
    for word in &words {
        for body in [
            "@ = relu(conv(image, 3, kernel: 3))\ny = relu(@)",
            "@ = conv(image, 3, kernel: 3, padding: same, init: he(fan: in), sign: nonnegative)\ny = relu(@)",
            "weights @: conv(3 -> 3, kernel: 3, init: he)\ny = relu(@ * image)",
            "@ = conv(image, 3, kernel: 3)\nweights W: conv(3 -> 3, kernel: 3, init: he)\ny = relu(W * @)",
            "loop Areas(steps: 2) {\n    state @ = zeros(3, 8, 8)\n    @' = relu(conv(image, 3, kernel: 3) + conv(@, 3, kernel: 3, init: he))\n}\ny = relu(@)",
            "block @(x) {\n    yield conv(x, 3, kernel: 3, init: he)\n}\ny = @(@(image))",
            "block unit(@, f) {\n    yield f(conv(@, 3, kernel: 3))\n}\ny = unit(image, relu)",
            "block unit(x, f) {\n    @ = f(x, 3, kernel: 3, padding: same)\n    yield relu(@)\n}\ny = unit(image, conv)",
            "fn @(x) = conv(x, 3, kernel: 3)\ny = @(@(image))",
            "const @ = 3\ny = conv(image, @, kernel: 3)",
        ] {
            let text = around(&body.replace('@', word));
            let compiled = compile_as("named.lcnn", &text, &[]);
            good += usize::from(compiled.net.is_some());
            reads_back(&text, &compiled);
            let settings = "train {\n    optimizer: adam\n    schedule: cosine(to: 0.1)\n}\ndata { augment: flip }\n";
            let text = format!("{text}{settings}").replace("image", if body.starts_with('b') { word } else { "image" });
            reads_back(&text, &compile_as("settings.lcnn", &text, &[]));
        }
    }
    assert!(good > 5 * words.len(), "{good} of {} words are right", words.len());
}
