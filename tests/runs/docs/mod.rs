//! The documentation says what the program does: its specs compile, and the reference is what the declarations say.

mod book;
mod figures;
mod outside;
mod terminal;

use lcnnc::analyses::{ANALYSES, Column};
use lcnnc::data::SETS;
use lcnnc::simulations::{SIMULATIONS, flag};
use lcnnc::train::yaml;
use lcnnc_lang::back::timing;
use lcnnc_lang::diag::catalogue;
use lcnnc_lang::diag::foreign::{At, TABLE};
use lcnnc_lang::explain;
use lcnnc_lang::front::const_eval::MEASURES;
use lcnnc_lang::functions::FUNCTIONS;
use lcnnc_lang::ir::Param;
use lcnnc_lang::kinds::{KINDS, Kind, weights};
use lcnnc_lang::vocabulary::settings::BLOCKS;
use lcnnc_lang::vocabulary::{Arg, Callable, Default, Type};
use lcnnc_lang::{Options, Source, compile};
use std::fmt::Write;
use std::fs;

/// Pages that teach by specs: one without any is a page whose blocks are not found.
const SHOW_SPECS: [&str; 4] = ["README.md", "docs/language.md", "docs/tour.md", "docs/from_pytorch.md"];

/// `README.md` and every page in `docs/` and the folders in it.
fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(name);
            } else if name.ends_with(".md") {
                pages.push(name);
            }
        }
    }
    pages.sort();
    pages
}

/// The `lcnn` code blocks of a page.
fn specs(page: &str) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    text.split("```lcnn\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}

#[test]
fn every_spec_in_the_documentation_compiles_without_a_problem() {
    let pages = pages();
    for page in SHOW_SPECS {
        assert!(pages.iter().any(|known| known == page) && !specs(page).is_empty(), "{page} shows no spec");
    }
    for page in pages {
        for text in specs(&page) {
            let compiled = compile(&Source { name: page.clone(), text }, &Options::default());
            assert!(compiled.report.diagnostics.is_empty(), "{}", compiled.report);
        }
    }
}

#[test]
fn the_error_in_the_readme_is_what_is_said() {
    let slip = ("conv(8 -> 8, kernel: 7, bias: false)", "conv(8 -> 16, kernel: 7)");
    let text = specs("README.md").remove(0).replace(slip.0, slip.1);
    let compiled = compile(&Source { name: "lc_cnn.lcnn".to_owned(), text }, &Options::default());
    let readme = fs::read_to_string("README.md").unwrap();
    let shown = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(compiled.report.to_string().trim(), shown.trim());
}

/// A model on the page of its paper is the spec in `specs/`, to the letter.
#[test]
fn every_spec_stands_on_the_page_of_its_paper() {
    let papers: Vec<String> = pages().into_iter().filter(|page| page.starts_with("docs/papers/")).collect();
    for entry in fs::read_dir("specs").unwrap() {
        let path = entry.unwrap().path();
        let (file, text) = (path.to_str().unwrap(), fs::read_to_string(&path).unwrap());
        let named = format!("`{file}`:\n\n```lcnn\n");
        let page = papers.iter().find(|page| fs::read_to_string(page).unwrap().contains(&named));
        let page = page.unwrap_or_else(|| panic!("no page in docs/papers/ has\n{named}"));
        let old = fs::read_to_string(page).unwrap();
        let (before, rest) = old.split_once(&named).unwrap();
        let (shown, after) = rest.split_once("```").unwrap();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(page, format!("{before}{named}{text}```{after}")).unwrap();
        } else {
            assert!(shown == text, "{page}: not {file} as it is; run `UPDATE_DOCS=1 cargo test --test runs docs`");
        }
    }
}

#[test]
fn the_tables_of_models_have_the_lines_and_the_parameters_of_the_specs() {
    let [models, readme] = ["docs/models.md", "README.md"].map(|page| fs::read_to_string(page).unwrap());
    for entry in fs::read_dir("specs").unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let (name, lines) = (path.file_stem().unwrap().to_str().unwrap().to_owned(), text.lines().count());
        let compiled = compile(&Source { name: name.clone(), text }, &Options::default());
        let trained = compiled.net.unwrap().params.iter().filter(|param| param.trained()).map(Param::len).sum();
        let (row, count) = (format!("| `{name}` | {lines} |"), thousands(trained));
        assert!(models.contains(&format!("{row} 10 | {count} |")), "docs/models.md: {row} 10 | {count} |");
        assert!(readme.contains(&format!("{row} {count} |")), "README.md: {row} {count} |");
    }
}

/// `49,618`
fn thousands(n: usize) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", thousands(n / 1000), n % 1000) }
}

/// Of the specs in `docs/time.md`, those whose tables it prints come first.
#[test]
fn the_tables_and_the_warning_on_time_are_what_is_said() {
    let page = fs::read_to_string("docs/time.md").unwrap();
    for text in specs("docs/time.md").drain(..4) {
        let compiled = compile(&Source { name: "shown.lcnn".to_owned(), text }, &Options::default());
        let table = timing::emit(compiled.net.as_ref().unwrap());
        assert!(page.contains(&table), "docs/time.md has not:\n{table}");
    }
    let text = specs("docs/time.md").remove(1).replace("steps: 3", "steps: 2");
    let short = compile(&Source { name: "synchronous.lcnn".to_owned(), text }, &Options::default());
    let warning = short.report.to_string();
    assert!(page.contains(warning.trim()), "docs/time.md has not:\n{warning}");
}

#[test]
fn made_pages_are_what_the_declarations_say() {
    let made =
        [("docs/reference.md", reference()), ("docs/diagnostics.md", diagnostics()), ("docs/habits.md", habits())];
    for (page, made) in made {
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(page, &made).unwrap();
        }
        let kept = fs::read_to_string(page).unwrap_or_default();
        assert!(kept == made, "{page} is stale: run `UPDATE_DOCS=1 cargo test --test runs docs`");
    }
}

/// What `lcnnc explain` says of every code; its headings become those of one page.
fn diagnostics() -> String {
    let mut out = "# Diagnostics\n\nMade from the declarations by `UPDATE_DOCS=1 cargo test --test runs docs`: what `lcnnc explain CODE` \
                   says. [Checking a spec](checking.md) says how they are shown, mended and allowed.\n"
        .to_owned();
    for code in catalogue() {
        let page = explain::page(code, yaml::report);
        let lines =
            page.lines().map(|line| if line.starts_with('#') { format!("#{line}\n") } else { format!("{line}\n") });
        out.push('\n');
        out.extend(lines);
    }
    out
}

/// What people write who know another tool, and what is said of it: every row of the table.
fn habits() -> String {
    let mut out = "# Words of other tools\n\nMade from the table that `lcnnc check` answers from, by `UPDATE_DOCS=1 cargo test --test runs docs`: what \
                   people write who know PyTorch, Keras, JAX, MATLAB or a paper's own notation, and what to write here. \
                   [From PyTorch](from_pytorch.md) has whole nets side by side; the [reference](reference.md) lists all there is.\n\n\
                   In the answers `x` and `y` are feature maps, `W`, `W_E` and `W_I` bundles, and numbers are examples.\n"
        .to_owned();
    for at in At::ALL {
        writeln!(out, "\n## {}\n\n| written elsewhere | here |\n|---|---|", at.heading()).unwrap();
        for row in TABLE.iter().copied().flatten().filter(|row| row.at == at) {
            // A bar would end the cell, even in backticks.
            let cell = |text: &str| text.replace('|', "\\|");
            let words = row.words.iter().filter(|word| word.trim() == **word && **word != "`");
            let words: Vec<String> = words.map(|word| format!("`{}`", cell(word))).collect();
            let words = if words.is_empty() { "blanks of other widths".to_owned() } else { words.join(", ") };
            writeln!(out, "| {words} | {} |", cell(row.say)).unwrap();
        }
    }
    out
}

/// What is made is complete; what is written beside it has to be told of everything new.
#[test]
fn pages_written_by_hand_name_every_data_set_analysis_and_simulation() {
    let readme = fs::read_to_string("README.md").unwrap();
    let page =
        ["weights", "activity"].map(|of| fs::read_to_string(format!("docs/analyses_of_{of}.md")).unwrap()).concat();
    for set in SETS {
        let name = set.spelling();
        assert!(readme.contains(&format!("\n| `{name}`")), "README.md has no row for the data set `{name}`");
    }
    for analysis in ANALYSES {
        let name = analysis.name;
        let told = page.split("\n## ").find(|part| part.starts_with(&format!("{name}\n")));
        let told = told.unwrap_or_else(|| panic!("no page of analyses has a heading `## {name}`"));
        for Column { name: column, .. } in analysis.columns {
            assert!(told.contains(&format!("`{column}`")), "no page of analyses tells of `{column}` of `{name}`");
        }
    }
    for simulation in SIMULATIONS {
        let command = format!("lcnnc simulate {}", simulation.name);
        let mut papers = pages().into_iter().filter(|page| page.starts_with("docs/papers/"));
        let page = papers.find_map(|page| fs::read_to_string(page).ok().filter(|page| page.contains(&command)));
        let page = page.unwrap_or_else(|| panic!("no page in docs/papers/ tells of `{command}`"));
        for arg in simulation.args {
            assert!(page.contains(&flag(arg)), "the page that tells of `{command}` does not tell of `{}`", flag(arg));
        }
    }
}

fn reference() -> String {
    let mut out =
        "# Reference\n\nMade from the declarations by `UPDATE_DOCS=1 cargo test --test runs docs`.\n".to_owned();
    out.push_str("\n## Layer kinds\n");
    for kind in KINDS {
        let bundle = if kind.bundle.is_some() { " Bundles: `weights W: " } else { "" };
        let bundle = if bundle.is_empty() { String::new() } else { format!("{bundle}{}(in -> out, …)`.", kind.name) };
        writeln!(out, "\n### {}\n\n{}{bundle}\n\n```\n{}\n```", kind.name, kind.about, kind.example).unwrap();
        args(&mut out, kind.args);
        shared(&mut out, kind);
    }
    out.push_str(
        "\n## Weights\n\nWhat layers take that own weights, always by name; [weights.md](weights.md) says more.\n",
    );
    args(&mut out, weights::KERNEL);
    weights::INITS.iter().for_each(|init| callable(&mut out, "init", init));
    out.push_str("\n## Functions\n\n| function | gives |\n|---|---|\n");
    for function in FUNCTIONS {
        writeln!(out, "| `{}(x)` | {} |", function.name, function.about).unwrap();
    }
    for measure in MEASURES {
        writeln!(out, "| `{}(x)` | {} |", measure.name, measure.about).unwrap();
    }
    prelude(&mut out);
    out.push_str("\n## Settings\n");
    for block in BLOCKS {
        writeln!(out, "\n### {}", block.name).unwrap();
        args(&mut out, block.keys);
        for key in block.keys {
            // Transforms are those of tests as well.
            if let (
                Type::Call(choices) | Type::Calls(choices),
                "optimizer" | "schedule" | "augment" | "transform" | "rule",
            ) = (&key.ty, key.name)
            {
                choices.iter().for_each(|choice| callable(&mut out, key.name, choice));
            }
        }
    }
    out.push_str("\n## Analyses\n\nWhat `lcnnc analyse` takes; [analyses.md](analyses.md) says more.\n");
    for analysis in ANALYSES {
        writeln!(out, "\n### analysis: {}\n\n{}", analysis.name, analysis.about).unwrap();
        args(&mut out, analysis.args);
        columns(&mut out, analysis.columns);
    }
    out.push_str("\n## Simulations\n\nWhat `lcnnc simulate` takes; each argument is a flag, as `--seed 1`.\n");
    for simulation in SIMULATIONS {
        writeln!(out, "\n### simulation: {}\n\n{}", simulation.name, simulation.about).unwrap();
        args(&mut out, simulation.args);
        columns(&mut out, simulation.columns);
    }
    out.push_str("\n## Data sets\n\n| `--dataset` | what it is |\n|---|---|\n");
    for set in SETS {
        // `<class>` would be a tag.
        writeln!(out, "| `{}` | {} |", set.spelling(), set.about.replace('<', "\\<")).unwrap();
    }
    out
}

fn columns(out: &mut String, columns: &[Column]) {
    out.push_str("\n| column | is |\n|---|---|\n");
    for column in columns {
        writeln!(out, "| `{}` | {} |", column.name, column.about).unwrap();
    }
}

/// What a kind takes because it owns weights: said once, below.
fn shared(out: &mut String, kind: &Kind) {
    if !kind.weights.is_empty() {
        let names: Vec<String> = kind.weights.iter().map(|arg| format!("`{}`", arg.name)).collect();
        writeln!(out, "\nAnd, as it owns [weights](#weights): {}.", names.join(", ")).unwrap();
    }
}

fn prelude(out: &mut String) {
    let (ast, problems) = lcnnc_lang::syntax::parse(include_str!("../../../grammar/prelude.lcnn"));
    assert!(problems.is_empty());
    for item in ast.items {
        let lcnnc_lang::syntax::ast::ItemKind::Fn { name, params, .. } = item.kind else { continue };
        let params: Vec<&str> = params.iter().map(|param| param.text.as_str()).collect();
        writeln!(out, "| `{}({})` | {} |", name.text, params.join(", "), item.doc.join(" ").trim()).unwrap();
    }
}

fn callable(out: &mut String, key: &str, callable: &Callable) {
    writeln!(out, "\n#### {key}: {}\n\n{}", callable.name, callable.about).unwrap();
    args(out, callable.args);
}

fn args(out: &mut String, args: &[Arg]) {
    if args.is_empty() {
        return;
    }
    out.push_str("\n| argument | is | default | meaning |\n|---|---|---|---|\n");
    for arg in args {
        let default = match &arg.default {
            Default::Required => "must be given".to_owned(),
            Default::Value(value) => format!("`{value}`"),
            Default::Like(other) => format!("as `{other}`"),
            Default::LikeWord(other) => format!("as `{other}` where that is a word"),
            Default::Absent => "none".to_owned(),
        };
        writeln!(out, "| `{}` | {} | {default} | {} |", arg.name, is(&arg.ty), arg.about).unwrap();
    }
}

fn is(ty: &Type) -> String {
    let names = |choices: &[Callable]| choices.iter().map(|c| format!("`{}`", c.name)).collect::<Vec<_>>().join(", ");
    match ty {
        Type::Count { min, max } => format!("a whole number, {min} to {max}"),
        Type::Real { min, max } => format!("a number, {min:?} to {max:?}"),
        Type::Share => "a share, 0% to below 100%".to_owned(),
        Type::Batches { min, max } => format!("a whole number of batches, {min} to {max}"),
        Type::Epochs { min, max } => format!("a whole number of epochs, {min} to {max}"),
        Type::Milliseconds { min, max } => format!("a time, {min:?} ms to {max:?} ms"),
        Type::Names => "`all` or a list of names".to_owned(),
        Type::Bool => "`true` or `false`".to_owned(),
        Type::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or "),
        Type::Reals => "a list of numbers".to_owned(),
        Type::RealsOr(words) => {
            let words = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
            format!("a list of numbers, or {words}")
        }
        Type::Range { min, max } => format!("two rising numbers, {min:?} to {max:?}"),
        Type::Call(choices) => format!("one of {}", names(choices)),
        Type::Calls(choices) => format!("a list of {}", names(choices)),
    }
}
