use lcnnc_testing::random::{passage, penalties, written};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
fn main() {
    let out = std::env::args().nth(1).unwrap();
    let n: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let write = |name: &str, text: &str| {
        let c = lcnnc_lang::compile(&lcnnc_lang::Source { name: name.into(), text: text.into() }, &Default::default());
        if let Some(net) = &c.net {
            let about = c.about(&c.settings);
            std::fs::write(format!("{out}/{name}.lcnn"), text).unwrap();
            std::fs::write(format!("{out}/{name}.py"), lcnnc_lang::back::pytorch::emit(net, &about)).unwrap();
        }
    };
    for (name, text) in lcnnc_testing::specs() {
        write(&name, &text);
    }
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for k in 0..n {
        let p = prop::collection::vec(passage(), 0..6).new_tree(&mut runner).unwrap().current();
        let q = penalties().new_tree(&mut runner).unwrap().current();
        write(&format!("r{k}"), &written(&p, &q));
    }
}
