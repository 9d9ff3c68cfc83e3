//! What the parser makes of specs, of broken specs and of anything else.

use lcnnc_lang::diag::{Diagnostic, Span};
use lcnnc_lang::syntax::ast::{Ast, BinaryOp, Expr, ExprKind, Item, ItemKind};
use lcnnc_lang::syntax::{parse, with_line_feeds};
use proptest::prelude::*;

const SPECS: [&str; 4] = [
    include_str!("../syntax/lc_cnn.lcnn"),
    include_str!("../syntax/lcei_cnn.lcnn"),
    include_str!("../syntax/branch_in_loop.lcnn"),
    include_str!("../../../grammar/prelude.lcnn"),
];

fn ok(text: &str) -> Ast {
    let (ast, problems) = parse(text);
    assert!(problems.is_empty(), "{text}\n{problems:#?}");
    ast
}

fn value(text: &str) -> Expr {
    match ok(&format!("x = {text}")).items.remove(0).kind {
        ItemKind::Equation { value, .. } => value,
        other => panic!("{other:?}"),
    }
}

/// The codes of the problems of a text, each with the line it is on, from 1.
fn found(text: &str) -> Vec<(usize, &'static str)> {
    let line = |problem: &Diagnostic| text[..problem.place()].matches('\n').count() + 1;
    parse(text).1.iter().map(|problem| (line(problem), problem.code.id)).collect()
}

fn only(text: &str) -> Diagnostic {
    let mut problems = parse(text).1;
    assert_eq!(problems.len(), 1, "{text}\n{problems:#?}");
    problems.remove(0)
}

/// An expression with every bracket drawn, to see what groups with what.
fn drawn(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Number { value, unit } => {
            format!("{value}{}", unit.as_ref().map_or(String::new(), |unit| format!("[{}]", unit.text)))
        }
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Primed(name) => format!("{name}'"),
        ExprKind::List(values) => format!("[{}]", values.iter().map(drawn).collect::<Vec<_>>().join(" ")),
        ExprKind::At { name, step } => format!("{}@{}", name.text, drawn(step)),
        ExprKind::Not(value) => format!("(not {})", drawn(value)),
        ExprKind::If { condition, then, otherwise } => {
            format!("(if {} then {} else {})", drawn(condition), drawn(then), drawn(otherwise))
        }
        ExprKind::Repeat { count, call } => {
            let call = Expr { kind: ExprKind::Call(call.clone()), span: expr.span };
            format!("(repeat {} {})", drawn(count), drawn(&call))
        }
        ExprKind::Call(call) => {
            let arg = |arg: &lcnnc_lang::syntax::ast::CallArg| {
                format!("{}{}", arg.name.as_ref().map_or(String::new(), |n| format!("{}:", n.text)), drawn(&arg.value))
            };
            format!("{}({})", call.callee.text, call.args.iter().map(arg).collect::<Vec<_>>().join(" "))
        }
        ExprKind::Negate(value) => format!("(-{})", drawn(value)),
        ExprKind::Binary { op, left, right } => format!("({} {} {})", drawn(left), op.sign(), drawn(right)),
        ExprKind::Map { from, to } => format!("({} -> {})", drawn(from), drawn(to)),
    }
}

#[test]
fn the_specs_of_the_tour_parse() {
    let counts = SPECS.map(|text| ok(text).items.len());
    assert_eq!(counts, [12, 13, 1, 10]);
}

#[test]
fn documentation_is_kept() {
    let ast = ok(SPECS[0]);
    assert_eq!(ast.doc, ["LC-CNN: recurrent activation through shared lateral weights (Park, Zhang & Choe, 2025)."]);
    let prelude = ok(SPECS[3]);
    assert!(prelude.items.iter().all(|item| !item.doc.is_empty()));
    assert_eq!(prelude.items[0].doc[1], "It has no lower bound.");
    assert_eq!(ok("a = 1 // no doc\n//// nor this\nb = 2").items[1].doc, Vec::<String>::new());
}

#[test]
fn operators_group_as_in_the_paper() {
    let cases = [
        ("a + b * c - d / e", "((a + (b * c)) - (d / e))"),
        ("-a * -b - -c", "(((-a) * (-b)) - (-c))"),
        ("(a + b) * c", "((a + b) * c)"),
        ("relu(A + W_L * O')", "relu((A + (W_L * O')))"),
        ("conv(1 -> 8 * n, kernel: 7, bias: false,)", "conv((1 -> (8 * n)) kernel:7 bias:false)"),
        ("[grayscale, resize(48), [],]", "[grayscale resize(48) []]"),
        ("1e-3 - 15% + 10 batches + 2e3px + .5", "((((0.001 - 15[%]) + 10[batches]) + 2000[px]) + 0.5)"),
    ];
    for (text, expected) in cases {
        assert_eq!(drawn(&value(text)), expected);
    }
}

#[test]
fn repeat_is_an_item_of_a_list_or_begins_a_chain() {
    assert_eq!(drawn(&value("[pad_crop(4), repeat(4)]")), "[pad_crop(4) repeat(4)]");
    assert_eq!(drawn(&value("[repeat(count: 2), f(x)]")), "[repeat(count:2) f(x)]");
    assert_eq!(drawn(&value("[repeat (2) f(x)]")), "[(repeat 2 f(x))]");
    assert_eq!(drawn(&value("repeat (n - 1) f(x)")), "(repeat (n - 1) f(x))");
    // As deep as brackets may be, and in no time.
    let deep = format!("x = [{}1{}]", "repeat(".repeat(60), ")".repeat(60));
    assert_eq!(found(&deep).len(), 1);
}

#[test]
fn spans_cover_what_was_written() {
    let text = "const steps = 3 // three\n\nW = -(a + b) * f( x )   \n";
    let spans: Vec<&str> = ok(text).items.iter().map(|item| &text[item.span.start..item.span.end]).collect();
    assert_eq!(spans, ["const steps = 3", "W = -(a + b) * f( x )"]);
    let ItemKind::Equation { value, .. } = &ok(text).items[1].kind else { panic!() };
    let ExprKind::Binary { op: BinaryOp::Mul, left, right } = &value.kind else { panic!() };
    assert_eq!(&text[left.span.start..left.span.end], "-(a + b)");
    assert_eq!(&text[right.span.start..right.span.end], "f( x )");
}

#[test]
fn line_ends_end_statements_only_where_they_can() {
    let text = "a = f(\n  x, // one\n\n  y: 2\n)\nb =\n  c +\n  // two\n  d\n  - e\ninput i:\n  [1,\n 2]\n";
    let ast = ok(text);
    assert_eq!(ast.items.len(), 3);
    let ItemKind::Equation { value, .. } = &ast.items[1].kind else { panic!() };
    assert_eq!(drawn(value), "((c + d) - e)");
}

#[test]
fn statements_share_a_line_inside_braces() {
    let ast = ok("branch x = sum { exc A = 3  inh B = g(x) }\nloop V(steps: 3) { state O = A   O' = relu(A) }\n\
                  loop V { state O = A branch d = sum { exc E = O inh N = O } O' = d }\n\
                  train { batch: 64 epochs: 20, optimizer: adam(lr: 1e-3) }\n\
                  sleep { every: 10 batches share: local, rule: mean }   // or rule: hebbian");
    let sizes: Vec<usize> = ast.items.iter().map(|item| inside(item).len()).collect();
    assert_eq!(sizes, [2, 2, 3, 0, 0]);
    let settings = |n: usize| match &ast.items[n].kind {
        ItemKind::Settings { entries, .. } => entries
            .iter()
            .map(|entry| format!("{}={}", entry.key.text, drawn(&entry.value)))
            .collect::<Vec<_>>()
            .join(" "),
        other => panic!("{other:?}"),
    };
    assert_eq!(settings(3), "batch=64 epochs=20 optimizer=adam(lr:0.001)");
    assert_eq!(settings(4), "every=10[batches] share=local rule=mean");
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    for spec in SPECS {
        let windows = format!("\u{feff}{}", spec.replace('\n', "\r\n"));
        let (plain, marked) = (ok(spec), ok(&windows));
        assert_eq!(plain.doc, marked.doc);
        let kinds = |ast: &Ast| ast.items.iter().map(|item| std::mem::discriminant(&item.kind)).collect::<Vec<_>>();
        let docs = |ast: &Ast| ast.items.iter().map(|item| item.doc.clone()).collect::<Vec<_>>();
        assert_eq!(kinds(&plain), kinds(&marked));
        assert_eq!(docs(&plain), docs(&marked));
    }
}

#[test]
fn every_broken_line_is_reported_once_and_alone() {
    let text = "model M\nconst steps 3\nconts a = 1\nconst b: 2\nA = relu(x\nB = relu(x))\nC =\nloop V(steps: 3) {\n    \
                sate O = A\n    O' = f(* O)\n    weights X: conv(1 -> 2)\n}\nstate P = 1\nbranch Q = sum {\n    exc E tanh(A)\n    \
                inh N = 1.2.3\n}\noutput\ntrain {\n    optimizer: sgd(lr: 1e-2\n    batch: 64\n    epochs = 3\n}\nD = \"x\"\n\
                größe = 1\nE = 1e999\nlast = 1\n";
    let expected = [
        (2, "L0001"),
        (3, "L0004"),
        (4, "L0005"),
        (5, "L0002"),
        (6, "L0003"),
        (7, "L0001"),
        (9, "L0004"),
        (10, "L0001"),
        (11, "L0010"),
        (13, "L0010"),
        (15, "L0005"),
        (16, "L0008"),
        (18, "L0001"),
        (20, "L0002"),
        (22, "L0005"),
        (24, "L0009"),
        (25, "L0009"),
        (26, "L0008"),
    ];
    assert_eq!(found(text), expected);
    let ast = parse(text).0;
    assert!(
        matches!(&ast.items.last().map(|item| &item.kind), Some(ItemKind::Equation { name, .. }) if name.text == "last")
    );
    let broken: Vec<&str> = ast.broken.iter().map(|name| name.text.as_str()).collect();
    for name in ["steps", "a", "b", "A", "B", "C", "O", "X", "P", "D", "E"] {
        assert!(broken.contains(&name), "{name} is not among {broken:?}");
    }
}

#[test]
fn a_message_says_what_was_expected_and_found() {
    let text = "const steps 3";
    let problem = only(text);
    assert_eq!(problem.message, "expected `=` after `const steps`");
    assert_eq!((problem.labels[0].span, problem.labels[0].text.as_str()), (Span::new(12, 13), "found `3` here"));
    assert_eq!(problem.help.as_deref(), Some("write `const name = value`"));
    assert!(only("loop V(steps: 3) { sate O = A }").help.unwrap().contains("did you mean `state`?"));
    assert!(only("a = f(b c)").message.contains("`,`"));
    assert!(only("a = b − c").help.unwrap_or_default().contains("plain `-`"));
    assert!(only("layr V1(steps: 3) { state O = A }").message.contains("`layr`"));
}

#[test]
fn an_unclosed_brace_is_reported_where_it_opens_and_costs_nothing_else() {
    let cases = [
        "loop V(steps: 3) {\n    state O = A\n    O' = relu(A)\n\nlogits = dense(O, classes)\noutput logits\ntrain {\n    batch: 1\n}\n",
        "loop V(steps: 3) {\n    state O = A\n    branch d = sum {\n        exc E = A\n        inh N = A\n    O' = d\n}\noutput O\n",
        "loop V(steps: 3) {\n    state O = A\n    branch d = sum {\n        exc E = A\n        inh N = A\n}\noutput O\n",
        "a = 1\ntrain {\n    batch: 1\n",
        "a = 1\ntrain {\nbatch: 1\nepochs: 2\n",
    ];
    let lines = [1, 3, 3, 2, 2];
    for (text, line) in cases.into_iter().zip(lines) {
        assert_eq!(found(text), [(line, "L0002")], "{text}");
    }
    assert_eq!(parse(cases[0]).0.items.len(), 4);
    assert_eq!(parse(cases[1]).0.items.len(), 2);
    assert_eq!(found("a = 1\n}\nb = 2"), [(2, "L0003")]);
    assert_eq!(found("loop V(steps: 3 {\n    state O = A\n    O' = f(A\n}\nb = 2"), [(1, "L0002"), (3, "L0002")]);
}

#[test]
fn sizes_are_bounded() {
    let deep = |n: usize| format!("x = {}1{}\ny = 2\n", "(".repeat(n), ")".repeat(n));
    ok(&deep(64));
    for n in [65, 10_000] {
        assert_eq!(found(&deep(n)), [(1, "L0007")]);
        assert_eq!(parse(&deep(n)).0.items.len(), 1);
    }
    assert_eq!(found(&format!("x = {}", "f(".repeat(10_000))), [(1, "L0007")]);
    assert_eq!(found(&format!("x = {}", "[(".repeat(10_000))).len(), 1);
    assert_eq!(found(&"{".repeat(10_000)).len(), 1);
    assert_eq!(found(&"loop V(steps: 1) {\n".repeat(10_000)).last().map(|(_, code)| *code), Some("L0007"));
    assert_eq!(found(&"}".repeat(10_000)).len(), 1);
    ok(&format!("x = {}1", "-".repeat(256)));
    assert_eq!(found(&format!("x = {}1", "-".repeat(100_000))), [(1, "L0007")]);
    ok(&format!("x = 1{}", " + 1".repeat(256)));
    assert_eq!(found(&format!("x = 1{}", " + 1".repeat(100_000))), [(1, "L0007")]);
    assert_eq!(found(&format!("x = 1{}", " * (1 + 1)".repeat(200))), [(1, "L0007")]);
    assert_eq!(only(&" ".repeat((1 << 20) + 1)).code.id, "L0006");
    ok(&"\n".repeat(1 << 20));
}

#[test]
fn odd_texts_are_read_or_refused() {
    for text in ["", "\u{feff}", "\r\n\r\n", "// only a comment", "//! doc", "///", "\t\n"] {
        assert!(ok(text).items.is_empty());
    }
    assert_eq!(found("a = \0b"), [(1, "L0009")]);
    assert_eq!(found("🙂 = 1\nb = 1"), [(1, "L0009")]);
    assert_eq!(found("a = 1\u{a0}+ 2"), [(1, "L0009")]);
    assert_eq!(found("a = 1_000\nb = 0x10\nc = 1e"), [(1, "L0008"), (2, "L0008"), (3, "L0008")]);
}

fn inside(item: &Item) -> &[Item] {
    match &item.kind {
        ItemKind::Loop { body, .. } => body,
        ItemKind::Branch { arms, .. } => arms,
        ItemKind::Block { body, .. } => body,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<&lcnnc_lang::syntax::ast::Name> {
    match &item.kind {
        ItemKind::Model(name)
        | ItemKind::Const { name, .. }
        | ItemKind::Input { name, .. }
        | ItemKind::Weights { name, .. }
        | ItemKind::Equation { name, .. }
        | ItemKind::Loop { name, .. }
        | ItemKind::State { name, .. }
        | ItemKind::Branch { name, .. }
        | ItemKind::Arm { name, .. }
        | ItemKind::Penalty { name, .. }
        | ItemKind::Fn { name, .. }
        | ItemKind::Block { name, .. } => Some(name),
        ItemKind::Settings { word, .. } => Some(word),
        ItemKind::Allow(_) | ItemKind::Output { .. } | ItemKind::Yield { .. } => None,
    }
}

/// Checks what holds of the tree of any text: spans are pieces of the text, names are where they say, a line has at
/// most one problem.
fn sound(text: &str) {
    let (ast, problems) = parse(text);
    let mut lines = Vec::new();
    for problem in &problems {
        assert!(!problem.labels.is_empty() && !problem.message.is_empty());
        for label in &problem.labels {
            assert!(text.get(label.span.start..label.span.end).is_some(), "{problem:?}");
        }
        lines.push(with_line_feeds(text)[..problem.place()].matches('\n').count());
    }
    assert!(lines.is_sorted_by(|a, b| a < b), "{problems:#?}");
    ast.items.iter().for_each(|item| sound_item(text, item));
    for name in &ast.broken {
        assert_eq!(text.get(name.span.start..name.span.end), Some(name.text.as_str()));
    }
}

fn sound_item(text: &str, item: &Item) {
    assert!(text.get(item.span.start..item.span.end).is_some(), "{item:?}");
    if let Some(name) = name_of(item) {
        assert_eq!(text.get(name.span.start..name.span.end), Some(name.text.as_str()));
        assert!(item.span.start <= name.span.start && name.span.end <= item.span.end);
    }
    if let ItemKind::Equation { value, .. } = &item.kind {
        assert!(text.get(value.span.start..value.span.end).is_some());
    }
    inside(item).iter().for_each(|item| sound_item(text, item));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_sound(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        sound(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_run_of_tokens_is_sound(parts in prop::collection::vec(prop::sample::select(vec![
        "(", ")", "[", "]", "{", "}", "\n", "\r\n", " ", "=", ":", ",", "->", "'", "%", "+", "-", "*", "/", "//", "///",
        "loop", "state", "branch", "train", "model", "A", "3", "1e-3", "true", "é", "😀", "@", "    ", ";", "#", "/*", "*/", ".",
        "\"", "for", "def", "|", "A[t+1]", "// 2",
    ]), 0..120)) {
        sound(&parts.concat());
        sound(&parts.join(" "));
    }

    #[test]
    fn any_damage_to_a_spec_is_sound(
        spec in 0..SPECS.len(), cuts in prop::collection::vec((0..2000_usize, 0..6_usize, "[(){}=:,'\n a-zé]{0,3}"), 1..5),
    ) {
        let mut chars: Vec<char> = SPECS[spec].chars().collect();
        for (at, len, insert) in cuts {
            let at = at % chars.len();
            let end = (at + len).min(chars.len());
            chars.splice(at..end, insert.chars());
        }
        sound(&chars.into_iter().collect::<String>());
    }

    /// A line of nonsense between two statements is one problem and takes nothing else away.
    #[test]
    fn a_broken_line_costs_only_itself(spec in 0..SPECS.len(), before in 0..20_usize, junk in prop::sample::select(vec![
        "const steps 3", "A = relu(x", "B = (1 + ", "what is this", "C = [1, 2", "D = 1 +", "E = )", "weights W conv(3)", "F = π",
    ])) {
        let ast = ok(SPECS[spec]);
        let at = ast.items[before % ast.items.len()].span.start;
        let text = format!("{}{junk}\n{}", &SPECS[spec][..at], &SPECS[spec][at..]);
        let (damaged, problems) = parse(&text);
        prop_assert_eq!(problems.len(), 1, "{}\n{:#?}", text, problems);
        prop_assert_eq!(damaged.items.len(), ast.items.len());
    }
}
