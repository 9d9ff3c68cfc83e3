//! run.yaml: every code of its problems has a file that earns it and one a small edit away that earns nothing.

use lcnnc::train::yaml;
use lcnnc_lang::diag::config;
use lcnnc_lang::explain;
use std::fs;
use std::path::Path;

#[test]
fn every_problem_of_a_run_yaml_has_a_file_that_earns_it() {
    let file = |name: &str, text: &str| yaml::read(Path::new(name), text);
    let folder = Path::new("lang/tests/diagnostics");
    let names = fs::read_dir(folder).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.strip_suffix(".bad.yaml").map(str::to_owned)
    });
    let mut found: Vec<String> = names
        .map(|name| {
            let bad = fs::read_to_string(folder.join(format!("{name}.bad.yaml"))).unwrap();
            let report = file(&name, &bad).expect_err(&name);
            let codes: Vec<&str> = report.diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect();
            assert_eq!(codes, [&name[..5]], "{report}");
            let fixed = fs::read_to_string(folder.join(format!("{name}.fixed.yaml"))).unwrap();
            assert!(file(&name, &fixed).is_ok(), "{name}");
            name
        })
        .collect();
    found.sort();
    let wanted: Vec<&str> = config::CODES.iter().map(|code| code.id).collect();
    assert_eq!(found, wanted);
}

#[test]
fn every_problem_of_a_run_yaml_has_a_page_with_what_is_said_of_it() {
    for code in config::CODES {
        let page = explain::page(code, yaml::report);
        assert!(page.contains(&format!("{}[{}]:", code.level, code.id)), "{page}");
    }
}
