//! The one layout of specs: each of its rules, and what holds of any text.

use crate::mangle::{Dice, comments, mangled, split};
use crate::properties::tokens;
use lcnnc_lang::syntax::format::{Refusal, format};
use lcnnc_lang::syntax::parse;
use lcnnc_testing::random::{passage, penalties, written};
use lcnnc_testing::{files, project, specs};
use proptest::prelude::*;
use std::fs;

fn formatted(text: &str) -> String {
    format(text).unwrap_or_else(|refusal| panic!("{refusal:?}\n{text}"))
}

/// What the layout makes of a text, which it then leaves alone.
fn becomes(before: &str, after: &str) {
    let made = formatted(before);
    assert_eq!(made, after, "\n{made}");
    assert_eq!(formatted(after), after);
}

#[test]
fn words_and_signs_are_spaced_alike() {
    becomes("\u{feff}model   M\r\nA=relu( x+ - y*2 ) \t\r\n\r\n", "model M\nA = relu(x + -y * 2)\n");
    becomes("input  image :[1 ,4,4 , ]", "input image: [1, 4, 4]\n");
    becomes("weights W:conv(1->2,kernel :3)", "weights W: conv(1 -> 2, kernel: 3)\n");
    becomes("x=repeat n-1 f ( a , 2 )\n", "x = repeat n - 1 f(a, 2)\n");
    becomes("x = repeat 2 f(- 3,not( a or b ))", "x = repeat 2 f(-3, not (a or b))\n");
    becomes(
        "x = if a==b and not c<=1e-3 then O @ 2 else O@( n-1 )",
        "x = if a == b and not c <= 1e-3 then O@2 else O@(n - 1)\n",
    );
    becomes("output  logits@ all\noutput ( a )\noutput - a", "output logits@all\noutput (a)\noutput -a\n");
    becomes("fn  f (a ,b ,)=a-b", "fn f(a, b) = a - b\n");
    becomes("data{augment:[pad_crop( 4 ),repeat (4)]}", "data { augment: [pad_crop(4), repeat(4)] }\n");
    becomes("x = ((a))", "x = ((a))\n");
    becomes("", "");
    becomes("\n \n// nothing else\n\n", "// nothing else\n");
}

#[test]
fn units_stand_behind_their_numbers() {
    becomes(
        "train {\nbatch: 15 %\nevery: 10   batches\nfew: 1e-3batches\n}",
        "train {\n    batch: 15%\n    every: 10 batches\n    few: 1e-3 batches\n}\n",
    );
}

#[test]
fn a_brace_indents_by_four() {
    becomes(
        "loop V1 (steps:3){ state O=A O ' =relu(O) branch b=sum{ exc E=O inh I=O } }",
        "loop V1(steps: 3) {\n    state O = A\n    O' = relu(O)\n    branch b = sum {\n        exc E = O\n        \
         inh I = O\n    }\n}\n",
    );
    becomes("block b(x,n:1){\n\n  yield x\n\n}", "block b(x, n: 1) {\n    yield x\n}\n");
    becomes("loop V1(steps: 3) {\n\n}", "loop V1(steps: 3) {}\n");
}

#[test]
fn settings_share_a_line_where_their_author_wrote_them_so() {
    becomes("train{batch:3 epochs:2,}", "train { batch: 3, epochs: 2 }\n");
    becomes("train {\n batch: 3 }", "train {\n    batch: 3\n}\n");
    becomes("train {\n batch: 3,\nepochs: 2, }", "train {\n    batch: 3\n    epochs: 2\n}\n");
    becomes("train{}\ndata {\n}", "train {}\ndata {}\n");
    becomes("train { // why\n}", &format!("train {{{}// why\n}}\n", " ".repeat(45)));
    let long = format!("train {{ optimizer: sgd(lr: 1), {}: 1 }}", "k".repeat(80));
    becomes(&long, &format!("train {{\n    optimizer: sgd(lr: 1)\n    {}: 1\n}}\n", "k".repeat(80)));
}

#[test]
fn of_blank_lines_one_is_kept() {
    becomes("\n\nA = x\n\n\n\nB = x\nC = x\n\n", "A = x\n\nB = x\nC = x\n");
    becomes(
        "loop V(steps: 1) {\n\n// a\n\n\nA = x\n\n// b\n\n}\n\n// c\n",
        "loop V(steps: 1) {\n    // a\n\n    A = x\n\n    // b\n}\n\n// c\n",
    );
}

#[test]
fn comments_at_the_ends_of_lines_share_a_column() {
    let at = |code: &str, column: usize, comment: &str| format!("{code:column$}// {comment}\n");
    becomes("A = x // a\nB = x\nC = xy// c", &(at("A = x", 52, "a") + "B = x\n" + &at("C = xy", 52, "c")));
    let wide = format!("B = {}", "x".repeat(56));
    let paragraphs = at("A = x", 63, "a") + &at(&wide, 63, "b") + "\n" + &at("C = x", 52, "c");
    becomes(&format!("A = x// a\n{wide}  // b\n\nC = x  // c"), &paragraphs);
    let long = format!("B = {}", "x".repeat(80));
    becomes(&format!("A = x // a\n{long}// b"), &(at("A = x", 52, "a") + &at(&long, 87, "b")));
    let block = at("loop V(steps: 1) {", 52, "l") + &at("    O' = x", 52, "o") + &at("}", 52, "e");
    becomes("loop V(steps: 1) {// l\nO' = x// o\n}// e", &block);
}

#[test]
fn what_fits_on_a_line_is_joined() {
    becomes("A = relu(\n    x,\n\n    y,\n)\n    + B\n", "A = relu(x, y) + B\n");
    becomes("A =\nif a then\nb else\nc", "A = if a then b else c\n");
}

#[test]
fn what_does_not_fit_is_broken_from_the_outside_in() {
    let [a, b, c] = ["a", "b", "c"].map(|name| name.repeat(40));
    becomes(&format!("x = {a} + {b} * y - {c}"), &format!("x = {a}\n    + {b} * y\n    - {c}\n"));
    becomes(&format!("x = f({a}, k: {b}, {c},)"), &format!("x = f(\n    {a},\n    k: {b},\n    {c}\n)\n"));
    becomes(
        &format!("loop V(steps: 1) {{ x = [{a}, f({b}, {c}, {a}), -g({b})] }}"),
        &format!(
            "loop V(steps: 1) {{\n    x = [\n        {a},\n        f(\n            {b},\n            {c},\n            \
             {a}\n        ),\n        -g({b})\n    ]\n}}\n"
        ),
    );
    becomes(
        &format!("block b({a}, {b}: 1, {c}) {{ yield {a} }}"),
        &format!("block b(\n    {a},\n    {b}: 1,\n    {c}\n) {{\n    yield {a}\n}}\n"),
    );
    becomes(&format!("x = ({a} == {b}) and {c}"), &format!("x = ({a} == {b})\n    and {c}\n"));
    becomes(
        &format!("weights W: conv({a} -> {b}, kernel: {c})"),
        &format!("weights W: conv(\n    {a} -> {b},\n    kernel: {c}\n)\n"),
    );
    // Nothing in it can be broken.
    let word = "w".repeat(120);
    becomes(&format!("x = {word}"), &format!("x = {word}\n"));
    let whole = format!("x = {}", "y".repeat(96));
    assert_eq!(whole.len(), 100);
    becomes(&whole, &format!("{whole}\n"));
}

#[test]
fn a_choice_is_broken_before_its_else() {
    let [a, b, c] = ["a", "b", "c"].map(|name| name.repeat(30));
    becomes(
        &format!("skip = if {a} == 1 then {b} else f({c})"),
        &format!("skip = if {a} == 1 then {b}\n       else f({c})\n"),
    );
    becomes(
        &format!("yield2 = 1\nx = if {a} then {b} else if {b} then {c} else {a}"),
        &format!("yield2 = 1\nx = if {a} then {b}\n    else if {b} then {c}\n    else {a}\n"),
    );
    becomes(
        &format!("x = if {a} == {b} and d then {a} else {b}"),
        &format!("x = if {a} == {b} and d\n    then {a}\n    else {b}\n"),
    );
    becomes(
        &format!("x = if {a} == {b} and {c} then d else e"),
        &format!("x = if {a} == {b}\n        and {c}\n    then d\n    else e\n"),
    );
    becomes(
        &format!("x = f(if {a} then {b} else y, {a})"),
        &format!("x = f(\n    if {a} then {b} else y,\n    {a}\n)\n"),
    );
}

#[test]
fn comments_within_a_statement_keep_their_words() {
    let behind = |code: &str, comment: &str| format!("{code:52}// {comment}\n");
    let arguments = behind("    x,", "one") + "    // two\n" + &behind("    y", "three");
    becomes("A = f(x, // one\n // two\n y // three\n)", &format!("A = f(\n{arguments})\n"));
    becomes("A = f(x // one\n , // two\n y, // three\n)", &format!("A = f(\n{arguments})\n"));
    // A sign leaves the end of its line, its comment does not.
    becomes("A = x + // one\n    y // two", &(behind("A = x", "one") + &behind("    + y", "two")));
    becomes("A = // why\n x", &(behind("A =", "why") + "    x\n"));
    becomes("A = f( // all\n x)", &(behind("A = f(", "all") + "    x\n)\n"));
    becomes("A = f(\n// none\n)", "A = f(\n    // none\n)\n");
    becomes("A = x\n// so\n+ y", "A = x\n    // so\n    + y\n");
    becomes("A = (repeat // n\nn\n\nf(x))", "A = (\n    // n\n    repeat n f(x)\n)\n");
    becomes(
        "x = if a // c\n then b // t\n else d",
        &(behind("x = if a", "c") + &behind("    then b", "t") + "    else d\n"),
    );
    becomes("output // o\n - x", &(behind("output", "o") + "    -x\n"));
}

#[test]
fn documentation_stays_with_its_statement() {
    let text = "//! One.\n//! Two.\n\n/// Of A.\n/// More.\nA = x\n\n/// Of nothing.\n\nB = x\n";
    becomes(&text.replace('\n', "  \r\n"), text);
    let items = parse(&formatted(text)).0.items;
    assert_eq!(items[0].doc, ["Of A.", "More."]);
    assert!(items[1].doc.is_empty());
    becomes("block b(x) {\n/// Of h.\nh = x\nyield h\n}", "block b(x) {\n    /// Of h.\n    h = x\n    yield h\n}\n");
}

#[test]
fn a_text_that_cannot_be_read_is_refused() {
    let Err(Refusal::Problems(problems)) = format("A = (x\nB = ]\n") else { panic!("it was formatted") };
    assert_eq!(problems.len(), 2);
    assert!(format("train { batch 3 }").is_err() && format("é").is_err());
    assert!(format(&" ".repeat(2 << 20)).is_err());
    // Comments moved into their column make a text of its own size of one that may just be read.
    let grown = format(&"A=x//a\n".repeat(100_000));
    assert!(matches!(grown, Err(Refusal::Problems(problems)) if problems[0].code.id == "L0006"));
}

/// The texts of the project that can be read, each with a name.
fn texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for folder in ["specs", "benches", "grammar", "lang/tests/diagnostics", "lang/tests/syntax"] {
        texts.extend(files(folder, ".lcnn"));
    }
    for (page, text) in files("docs", ".md") {
        texts.extend(
            text.split("```lcnn\n").skip(1).map(|rest| (page.clone(), rest.split("```").next().unwrap().to_owned())),
        );
    }
    texts.retain(|(_, text)| parse(text).1.is_empty());
    assert!(texts.len() > 400, "{}", texts.len());
    texts
}

/// Checks, independently of what `format` checks itself, that the layout says the same as the text.
fn says_the_same(name: &str, text: &str) -> String {
    let made = formatted(text);
    let tree = |text: &str| parse(text).0.without_places();
    assert_eq!(tree(&made), tree(text), "{name}\n{made}");
    assert_eq!(comments(&made), comments(text), "{name}\n{made}");
    assert_eq!(formatted(&made), made, "{name}");
    assert!(made.lines().all(|line| line == line.trim_end()) && !made.contains("\n\n\n"), "{name}\n{made}");
    made
}

#[test]
fn every_text_of_the_project_says_the_same_when_formatted() {
    for (name, text) in texts() {
        let made = says_the_same(&name, &text);
        let longest = made.lines().map(|line| split(line).0.trim_end().len()).max();
        assert!(longest <= Some(100), "{name}\n{made}");
    }
}

#[test]
fn every_spec_and_the_prelude_are_formatted() {
    for folder in ["specs", "benches", "grammar"] {
        for (name, text) in files(folder, ".lcnn") {
            assert_eq!(formatted(&text), text, "{folder}/{name}: run `lcnnc fmt`");
        }
    }
}

/// The layout takes texts as deep and as long as a text may be.
#[test]
fn deep_and_long_texts_are_formatted() {
    let nested = format!("A = {}x{}", "f(a, ".repeat(60), ")".repeat(60));
    let choices = format!("A = {}x{}", "if aaaaaaaaaaaaaaa == b then y else ".repeat(60), "");
    let inward = format!("A = {}x{}", "if a then ".repeat(60), " else y".repeat(60));
    let sum = format!("A = x{}", " + yyyyyyy * z".repeat(120));
    let many = "A = relu(conv(x, 8, kernel: 3)) // a\n".repeat(10_000);
    let list = format!("A = [{}]", "123456, ".repeat(50_000));
    for text in [nested, choices, inward, sum, many, list] {
        says_the_same(&text[..20], &text);
    }
}

/// A text that lost a word or a line end, or has one twice, means something else if anything, and keeps that meaning.
#[test]
fn what_damage_leaves_is_formatted_or_refused() {
    for (name, text) in specs() {
        let tokens = tokens(&text);
        for n in 0..tokens.len() {
            for (kept, next) in [(n, n + 1), (n + 1, n)] {
                let damaged = [&tokens[..kept], &tokens[next..]].concat().concat();
                match format(&damaged) {
                    Ok(made) => assert_eq!(format(&made).as_ref(), Ok(&made), "{name}"),
                    Err(refusal) => assert_ne!(refusal, Refusal::Unfaithful, "{name}\n{damaged}"),
                }
            }
        }
    }
}

/// A text of the project or a random spec.
fn any_spec() -> impl Strategy<Value = String> {
    let random =
        (prop::collection::vec(passage(), 0..6), penalties()).prop_map(|(passages, more)| written(&passages, &more));
    // Within braces that share a line, a line end says that they shall not.
    let shares_a_line = |line: &str| line.contains('{') && line.contains('}') && !line.starts_with("//");
    let specs: Vec<String> = texts().into_iter().map(|(_, text)| formatted(&text)).collect();
    let specs: Vec<String> = specs.into_iter().filter(|text| !text.lines().any(shares_a_line)).collect();
    prop_oneof![random, prop::sample::select(specs)].prop_filter("it can be read", |text| parse(text).1.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_it_is_spaced_a_spec_has_one_layout(text in any_spec(), seed in any::<u64>()) {
        let bare = mangled(&text, &mut Dice(seed), false);
        let words: String = text.lines().map(|line| split(line).0.to_owned() + "\n").collect();
        let words: String = words.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("{line}\n")).collect();
        // Blank lines between statements are the author's; the mangled text has none but within statements.
        let made = says_the_same("bare", &bare).replace("\n\n", "\n");
        prop_assert_eq!(made, formatted(&words), "{}", bare);
    }

    #[test]
    fn comments_survive_wherever_they_stand(text in any_spec(), seed in any::<u64>()) {
        says_the_same("mangled", &mangled(&text, &mut Dice(seed), true));
    }

    #[test]
    fn any_text_is_formatted_or_refused(text in "\\PC*") {
        let _ = format(&text);
    }

    #[test]
    fn any_words_are_formatted_or_refused(
        words in prop::collection::vec(prop::sample::select(vec![
            "A", "x", "=", "(", ")", "[", "]", "{", "}", ",", ":", "'", "@", "%", "+", "-", "*", "->", "==", "if", "then",
            "else", "repeat", "and", "not", "1", "2.5e-3", "1e", "loop", "train", "const", "yield", "block", "\n", "\n",
            "// c\n", "/// d\n", "//! e\n", "\r\n",
        ]), 0..40),
        gap in prop::sample::select(vec!["", " "]),
    ) {
        let text = words.join(gap);
        if let Err(refusal) = format(&text) {
            prop_assert!(refusal != Refusal::Unfaithful, "{:?}", text);
        }
    }
}

#[test]
fn the_manual_shows_the_layout() {
    let page = fs::read_to_string(project("docs/language.md")).unwrap();
    assert!(page.contains("## Layout"));
    for text in page.split("```lcnn\n").skip(1) {
        let text = text.split("```").next().unwrap();
        assert_eq!(formatted(text), text, "docs/language.md");
    }
}
