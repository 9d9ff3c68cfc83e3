//! What holds for any spec: random ones made to be right or nearly so, and the project's own, damaged.

use lcnnc_lang::Compiled;
use lcnnc_lang::back::TEXTS;
use lcnnc_lang::back::dot::{self, Loops};
use lcnnc_lang::back::pytorch;
use lcnnc_lang::diag::Level;
use lcnnc_lang::ir::{Stmt, bounds, cost, reach};
use lcnnc_testing::random::{passage, penalties, written};
use lcnnc_testing::{compile_as, specs};
use proptest::prelude::*;
use proptest::sample::select;

/// Checks what holds of every outcome; `text` is what was compiled.
fn sound(text: &str, compiled: &Compiled) {
    let report = &compiled.report;
    let errors = report.count(Level::Error);
    assert_eq!(compiled.net.is_none(), errors > 0, "a net, or an error that says why not\n{text}\n{report}");
    assert!(report.diagnostics.iter().map(lcnnc_lang::diag::Diagnostic::place).is_sorted(), "{text}\n{report}");
    for diagnostic in &report.diagnostics {
        assert!(!diagnostic.message.is_empty() && diagnostic.help.is_some(), "{text}\n{diagnostic:?}");
        for label in &diagnostic.labels {
            // `get` is none behind the end of the text and inside of a character.
            assert!(text.get(label.span.start..label.span.end).is_some(), "{text}\n{diagnostic:?}");
        }
    }
    assert_eq!(report.to_string().is_empty(), report.diagnostics.is_empty());
    if compiled.net.is_some() {
        sound_net(text, compiled);
    }
}

/// Checks what holds of every net: each back end can say something, and the resolved text means the same.
fn sound_net(text: &str, compiled: &Compiled) {
    let Some(net) = &compiled.net else { return };
    let printed = net.to_string();
    assert!(!printed.contains(" ?"), "every value has a name\n{text}\n{printed}");
    let total: u128 = cost::table(net).iter().map(|row| row.parameters).sum();
    let trained = net.params.iter().filter(|param| param.trained()).map(lcnnc_lang::ir::Param::len).sum::<usize>();
    assert!(total <= trained as u128, "{text}");
    for (name, emit) in TEXTS {
        assert!(!emit(net).is_empty(), "{name}\n{text}");
    }
    crate::pytorch::sound(net, &pytorch::emit(net, &compiled.about(&compiled.settings)));
    assert!(!reach::params(net, net.output.answer()).is_empty(), "the last layer at least\n{text}");
    for penalty in &net.penalties {
        assert!(bounds::below(net, penalty.value).is_none_or(f64::is_finite), "{text}");
    }
    for loops in [Loops::Folded, Loops::Unrolled] {
        let drawing = dot::emit(net, loops);
        assert_eq!(drawing.matches('{').count(), drawing.matches('}').count());
        let drawn = |id: &str| drawing.contains(&format!(" {id} [label="));
        for edge in drawing.lines().filter_map(|line| line.trim().split_once(" -> ")) {
            let to = edge.1.split([' ', ';']).next().unwrap();
            assert!(drawn(edge.0) && drawn(to), "{edge:?}\n{drawing}");
        }
    }
    crate::resolved::reads_back(text, compiled);
}

/// The words and signs of a text, with the blanks behind each.
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut last = ' ';
    for c in text.chars() {
        let goes_on = (is_word(last) && is_word(c)) || (c == ' ' && last != '\n') || (last == '/' && c == '/');
        match tokens.last_mut() {
            Some(token) if goes_on => token.push(c),
            _ => tokens.push(c.to_string()),
        }
        last = c;
    }
    tokens
}

#[derive(Clone, Copy, Debug)]
enum Damage {
    Delete,
    Duplicate,
    Swap,
}

#[test]
fn taking_a_spec_to_tokens_loses_nothing() {
    for (name, text) in specs() {
        assert_eq!(tokens(&text).concat(), text, "{name}");
        assert!(tokens(&text).len() > 100, "{name}");
    }
}

/// Every token is lost in turn, so that none is left to chance.
#[test]
fn a_spec_without_any_one_of_its_tokens_is_sound() {
    for (_, text) in specs() {
        let tokens = tokens(&text);
        for n in 0..tokens.len() {
            let damaged = [&tokens[..n], &tokens[n + 1..]].concat().concat();
            sound(&damaged, &compile_as("damaged.lcnn", &damaged, &[]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_spec_gives_a_net_or_an_error(passages in prop::collection::vec(passage(), 0..6), penalties in penalties()) {
        let text = written(&passages, &penalties);
        sound(&text, &compile_as("any.lcnn", &text, &[]));
    }

    #[test]
    fn an_override_is_the_const_written_so(passages in prop::collection::vec(passage(), 0..4), width in 1..5_usize) {
        let text = written(&passages, &[]);
        let set = compile_as("set.lcnn", &text, &[("width", &width.to_string())]);
        let changed = text.replace("const width = 2", &format!("const width = {width}"));
        let changed = compile_as("set.lcnn", &changed, &[]);
        prop_assert_eq!(&set.net, &changed.net);
        prop_assert_eq!(lcnnc_testing::codes(&set), lcnnc_testing::codes(&changed));
        sound(&text, &set);
    }

    #[test]
    fn steps_can_be_overridden(steps in 1..50_usize) {
        let (_, text) = specs().into_iter().find(|(name, _)| name == "lc_cnn").unwrap();
        let net = compile_as("steps.lcnn", &text, &[("steps", &steps.to_string())]).net.unwrap();
        let found = net.body.iter().find_map(|stmt| match stmt {
            Stmt::Loop(looped) => Some(looped.steps),
            Stmt::Node(_) => None,
        });
        prop_assert_eq!(found, Some(steps));
    }

    #[test]
    fn any_damage_to_a_spec_is_sound(
        spec in 0..10_usize,
        damages in prop::collection::vec(
            (select(vec![Damage::Delete, Damage::Duplicate, Damage::Swap]), 0..10_000_usize, 0..10_000_usize), 1..4),
    ) {
        let specs = specs();
        let mut tokens = tokens(&specs[spec % specs.len()].1);
        for (damage, a, b) in damages {
            let (a, b) = (a % tokens.len(), b % tokens.len());
            match damage {
                Damage::Delete => drop(tokens.remove(a)),
                Damage::Duplicate => tokens.insert(a, tokens[a].clone()),
                Damage::Swap => tokens.swap(a, b),
            }
        }
        let text = tokens.concat();
        sound(&text, &compile_as("damaged.lcnn", &text, &[]));
    }

    /// Whatever `--set` is given, there is a net or a reason.
    #[test]
    fn any_override_is_sound(
        name in select(vec!["steps", "gap", "alpha", "step", "", "classes", "O"]),
        value in select(vec!["3", "0", "-1", "1e9", "1e400", "nan", "true", "abs_gap", "conv", "nothing", "", "3 + 4", "é"]),
    ) {
        for (_, text) in specs() {
            sound(&text, &compile_as("set.lcnn", &text, &[(name, value)]));
        }
    }
}

/// One slip is one message: what follows from it stays silent, but for a few that no rule tells from slips of their
/// own.
#[test]
fn a_lost_token_is_hardly_ever_more_than_one_problem() {
    let (mut all, mut several) = (0, 0);
    for (_, text) in specs() {
        let tokens = tokens(&text);
        for n in 0..tokens.len() {
            let damaged = [&tokens[..n], &tokens[n + 1..]].concat().concat();
            all += 1;
            several += usize::from(compile_as("damaged.lcnn", &damaged, &[]).report.diagnostics.len() > 1);
        }
    }
    assert!(several * 100 < all * 3, "{several} of {all}");
}

/// The generator of specs is worth its name only if it makes good ones and bad ones.
#[test]
fn random_specs_are_good_and_bad() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut good, mut bad) = (0, 0);
    for _ in 0..300 {
        let passages = prop::collection::vec(passage(), 0..6).new_tree(&mut runner).unwrap().current();
        match compile_as("any.lcnn", &written(&passages, &[]), &[]).net {
            Some(_) => good += 1,
            None => bad += 1,
        }
    }
    assert!(good >= 60 && bad >= 60, "{good} good, {bad} bad");
}
