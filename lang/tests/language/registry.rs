//! The registries: whatever is listed in one is documented, has defaults that hold, and works where it is used.

use lcnnc_lang::functions::FUNCTIONS;
use lcnnc_lang::ir::Shape;
use lcnnc_lang::kinds::{self, Inputs, KINDS, weights};
use lcnnc_lang::vocabulary::settings::BLOCKS;
use lcnnc_lang::vocabulary::{
    Arg, ArgValue, Callable, Default, Type, augmentations, optimizers, schedules, sharing, transforms,
};
use lcnnc_testing::{clean, compile_as, net};
use std::collections::BTreeSet;

/// A spec around one equation `y = …` on `image: [3, 8, 8]`; the dense layer flattens a map by itself.
fn around(equation: &str) -> String {
    format!("model One\ninput image: [3, 8, 8]\n{equation}\nlogits = dense(y, classes)\noutput logits\n")
}

/// Everything that is called by name and is not a layer.
fn callables() -> impl Iterator<Item = &'static Callable> {
    let lists = [
        optimizers::CALLABLES,
        schedules::CALLABLES,
        augmentations::CALLABLES,
        transforms::CALLABLES,
        sharing::CALLABLES,
        weights::INITS,
    ];
    lists.into_iter().flatten()
}

/// Every list of declared arguments, with the name of what declares it.
fn declared() -> Vec<(&'static str, &'static [Arg])> {
    let kinds = KINDS.iter().flat_map(|kind| [(kind.name, kind.args), (kind.name, kind.weights)]);
    let calls = callables().map(|call| (call.name, call.args));
    let blocks = BLOCKS.iter().map(|block| (block.name, block.keys));
    kinds.chain(calls).chain(blocks).collect()
}

/// Whether a value is one that the type allows.
fn holds(ty: &Type, value: &ArgValue) -> bool {
    let among = |calls: &[Callable], callee: &str| calls.iter().any(|call| call.name == callee);
    match (ty, value) {
        (Type::Count { min, max } | Type::Batches { min, max } | Type::Epochs { min, max }, ArgValue::Count(n)) => {
            min <= n && n <= max
        }
        (Type::Real { min, max } | Type::Milliseconds { min, max }, ArgValue::Real(x)) => min <= x && x <= max,
        (Type::Share, ArgValue::Real(x)) => (0.0..1.0).contains(x),
        (Type::Bool, ArgValue::Bool(_)) | (Type::Reals | Type::RealsOr(_), ArgValue::Reals(_)) => true,
        // No name stands for all that there are.
        (Type::Names, ArgValue::Names(names)) => names.is_empty(),
        (Type::Range { min, max }, ArgValue::Range([low, high])) => min <= low && low <= high && high <= max,
        (Type::Word(words) | Type::RealsOr(words), ArgValue::Word(word)) => words.contains(word),
        (Type::Call(calls), ArgValue::Call(call)) => among(calls, call.callee),
        (Type::Calls(calls), ArgValue::Calls(list)) => list.iter().all(|call| among(calls, call.callee)),
        _ => false,
    }
}

#[test]
fn every_example_compiles_and_is_of_its_own_kind() {
    for kind in KINDS {
        assert!(kind.example.starts_with("y = ") && kind.example.contains(&format!("{}(", kind.name)), "{}", kind.name);
        let net = net(&around(kind.example), &[]);
        assert_eq!(net.output.name, "logits", "{}", kind.name);
        assert!(net.nodes().all(|node| !node.shape.is_empty()), "{}\n{net}", kind.name);
    }
}

#[test]
fn every_example_of_a_bundle_is_a_bundle_too() {
    for kind in KINDS.iter().filter(|kind| kind.bundle.is_some()) {
        // `conv(image, 4, kernel: 3)` with its mapping in the place of the input and of the first argument.
        let (_, rest) = kind.example.split_once("image, ").unwrap();
        let (first, others) = rest.split_once([',', ')']).unwrap();
        let others = if others.is_empty() { String::new() } else { format!(",{}", others.trim_end_matches(')')) };
        let from = kind.bundle.unwrap()(&Shape::Map([3, 8, 8]));
        let bundle = format!("weights W: {}({from} -> {first}{others})\ny = W * image", kind.name);
        let (declared, called) = (net(&around(&bundle), &[]), net(&around(kind.example), &[]));
        assert_eq!(declared.params.len(), called.params.len(), "{bundle}");
        assert!(declared.params.iter().zip(&called.params).all(|(a, b)| a.shape == b.shape), "{bundle}");
    }
}

#[test]
fn a_kind_without_an_input_or_an_argument_says_so() {
    for kind in KINDS {
        let bare = compile_as("test.lcnn", &around(&format!("y = {}()", kind.name)), &[]);
        assert_eq!(lcnnc_testing::codes(&bare), ["L0105"], "{}", bare.report);
        let required = kind.args.iter().filter(|arg| matches!(arg.default, Default::Required)).count();
        if kind.inputs == Inputs::None {
            continue;
        }
        let alone = compile_as("test.lcnn", &around(&format!("y = {}(image)", kind.name)), &[]);
        assert_eq!(lcnnc_testing::codes(&alone), vec!["L0105"; required], "{}", alone.report);
    }
}

#[test]
fn everything_declared_is_documented() {
    for (owner, args) in declared() {
        for arg in args {
            let about = arg.about;
            assert!(about.len() > 8 && !about.contains('\n'), "`{}` of `{owner}`: {about:?}", arg.name);
        }
    }
    let kinds = KINDS.iter().map(|kind| (kind.name, kind.about));
    let functions = FUNCTIONS.iter().map(|function| (function.name, function.about));
    let calls = callables().map(|call| (call.name, call.about));
    for (name, about) in kinds.chain(functions).chain(calls) {
        assert!(about.len() > 8, "`{name}`: {about:?}");
    }
}

#[test]
fn names_are_unique_and_can_be_written() {
    let can_be_written = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let unique = |names: Vec<&str>| {
        assert!(names.iter().all(|name| can_be_written(name)), "{names:?}");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    };
    // A kind and a function are called alike, so they may not share a name.
    unique(KINDS.iter().map(|kind| kind.name).chain(FUNCTIONS.iter().map(|function| function.name)).collect());
    unique(optimizers::CALLABLES.iter().map(|call| call.name).collect());
    unique(schedules::CALLABLES.iter().map(|call| call.name).collect());
    unique(augmentations::CALLABLES.iter().map(|call| call.name).collect());
    unique(transforms::CALLABLES.iter().map(|call| call.name).collect());
    unique(sharing::CALLABLES.iter().map(|call| call.name).collect());
    unique(weights::INITS.iter().map(|call| call.name).collect());
    for kind in KINDS {
        unique(kind.args.iter().chain(kind.weights).map(|arg| arg.name).collect());
    }
    unique(BLOCKS.iter().map(|block| block.name).collect());
    for (_, args) in declared() {
        unique(args.iter().map(|arg| arg.name).collect());
    }
    for kind in KINDS {
        assert_eq!(kinds::find(kind.name).map(|found| found.about), Some(kind.about));
    }
}

#[test]
fn every_default_is_within_its_own_range() {
    for (owner, args) in declared() {
        for (n, arg) in args.iter().enumerate() {
            match &arg.default {
                Default::Required | Default::Absent => {}
                Default::Value(value) => assert!(holds(&arg.ty, value), "`{}` of `{owner}` is {value:?}", arg.name),
                Default::Like(other) | Default::LikeWord(other) => {
                    let model = args[..n].iter().find(|arg| arg.name == *other);
                    assert!(model.is_some(), "`{}` of `{owner}` is like `{other}`, not declared before it", arg.name);
                }
            }
        }
    }
}

/// Defaults are filled in as a resolved spec shows them, and only where a kind was not given something.
#[test]
fn every_default_of_a_kind_is_shown() {
    for kind in KINDS {
        let compiled = clean(&around(kind.example), &[]);
        let shown = compiled.resolved(&compiled.settings);
        assert_eq!(clean(&shown, &[]).net, compiled.net, "{shown}");
        let line = shown.lines().find(|line| line.starts_with("y = ")).unwrap();
        let positional = line.matches(',').count() + 1 - line.matches(':').count();
        for (n, arg) in kind.args.iter().chain(kind.weights).enumerate() {
            let inputs = match kind.inputs {
                Inputs::None => 0,
                Inputs::One => 1,
                Inputs::Several => positional,
            };
            if matches!(arg.default, Default::Absent) && !line.contains(&format!("{}: ", arg.name)) {
                continue;
            }
            let by_place = n + inputs < positional;
            assert!(by_place || line.contains(&format!("{}: ", arg.name)), "`{}` is not in {line}", arg.name);
            if let Default::Value(value) = &arg.default
                && !kind.example.contains(arg.name)
            {
                assert!(line.contains(&format!("{}: {value}", arg.name)), "`{}` is not {value} in {line}", arg.name);
            }
        }
    }
}

#[test]
fn every_setting_is_shown_with_its_default() {
    let sleeping = around("y = local(image, 3, kernel: 3)") + "sleep {\n    every: 2 batches\n}\n";
    let compiled = clean(&sleeping, &[]);
    let shown = compiled.resolved(&compiled.settings);
    for block in BLOCKS {
        assert!(shown.contains(&format!("{} {{", block.name)), "{shown}");
        for key in block.keys {
            let is_there = shown.contains(&format!("    {}: ", key.name));
            assert_eq!(is_there, !matches!(key.default, Default::Absent), "{} in\n{shown}", key.name);
        }
    }
    assert_eq!(clean(&shown, &[]).settings, compiled.settings);
}

/// What says nothing of sleep is shown without it, as it was before there was any.
#[test]
fn a_spec_that_never_sleeps_is_shown_without_sleep() {
    for spec in ["", "sleep {}\n"] {
        let compiled = clean(&(around("y = relu(image)") + spec), &[]);
        let shown = compiled.resolved(&compiled.settings);
        assert_eq!(shown.contains("sleep"), !spec.is_empty(), "{shown}");
        assert_eq!(clean(&shown, &[]).settings, compiled.settings);
    }
}

#[test]
fn every_optimizer_and_transform_can_be_named_alone() {
    for (key, block, calls) in [
        ("optimizer", "train", optimizers::CALLABLES),
        ("schedule", "train", schedules::CALLABLES),
        ("augment", "data", augmentations::CALLABLES),
        ("transform", "data", transforms::CALLABLES),
        ("test_transform", "data", transforms::CALLABLES),
        ("rule", "sleep", sharing::CALLABLES),
    ] {
        for call in calls {
            // `repeat` joins words elsewhere, and is a call only as an item of a list.
            let written = if call.name == "repeat" { "[repeat()]" } else { call.name };
            let body = "allow [misfit, test_misfit, other_scale]\ny = relu(image)";
            let body = match block {
                "data" => body,
                "sleep" => "allow shares_nothing\ny = relu(image)",
                _ => "y = relu(image)",
            };
            let text = format!("{}{block} {{\n    {key}: {written}\n}}\n", around(body));
            let required = call.args.iter().filter(|arg| matches!(arg.default, Default::Required)).count();
            let compiled = compile_as("test.lcnn", &text, &[]);
            assert_eq!(lcnnc_testing::codes(&compiled), vec!["L0105"; required], "{}", compiled.report);
        }
    }
}
