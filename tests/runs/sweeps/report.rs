//! `sweep report`: a sweep on one page.

use super::{FLAGS, place, summaries};
use crate::reports::drawn_in_a_browser;
use crate::shell::{fine, lcnnc};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A sweep of two rates and two widths, with two seeds: a job diverged, one waits, and one has a report of its own.
fn swept() -> (TempDir, PathBuf) {
    let place = place();
    let here = place.path();
    let sweep = format!(
        "sweep run small {FLAGS} --epochs 3 --over width=1,2 --over lr=1e-3,1e-2,1e-1 --seeds 2 --jobs 2 --into s"
    );
    fine(here, &sweep.replace("--epochs 1 ", ""));
    let (code, ..) = lcnnc(here, &sweep.replace("--epochs 1 ", "").replace("1e-1", "1e30"));
    assert_eq!(code, Some(10));
    let waits = job(here, "width=1,lr=1e-3,seed=0-");
    fs::remove_dir_all(waits).unwrap();
    let run = fs::read_dir(job(here, "width=2,lr=1e-2,seed=1-")).unwrap().map(|entry| entry.unwrap().path());
    let run = run.into_iter().find(|path| path.is_dir()).unwrap();
    fine(here, &format!("analyse {}", run.strip_prefix(here).unwrap().display()));
    let path = here.to_owned();
    (place, path)
}

fn job(here: &Path, name: &str) -> PathBuf {
    let jobs = fs::read_dir(here.join("s/runs")).unwrap().map(|job| job.unwrap().path());
    let is_it = |job: &PathBuf| {
        job.file_name().unwrap().to_string_lossy().replace("0.001", "1e-3").replace("0.01", "1e-2").starts_with(name)
    };
    jobs.into_iter().find(is_it).unwrap()
}

/// The texts of the cells of a row of a table, without marks.
fn cells(row: &str) -> Vec<String> {
    let text = |cell: &str| {
        let inside = cell.split_once('>').map_or("", |(_, rest)| rest);
        inside.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<String>()
    };
    row.split("<td").skip(1).map(|cell| text(&format!("<td{}", cell.split("</td>").next().unwrap()))).collect()
}

#[test]
fn a_sweep_stands_on_one_page() {
    let (_place, here) = swept();
    let said = fine(&here, "sweep report s --rows width --choose lr");
    assert_eq!(said, "all of it on one page: s/report.html\n");
    let page = fs::read_to_string(here.join("s/report.html")).unwrap();
    assert!(
        !page.contains("<script")
            && !page.contains("http://localhost")
            && !page.contains("src=")
            && !page.contains("@import"),
        "{page}"
    );

    // The table is what `sweep table` prints.
    let table = fine(&here, "sweep table s --rows width --choose lr --format json");
    let table: serde_json::Value = serde_json::from_str(&table).unwrap();
    for cell in table["cells"].as_array().unwrap() {
        let mean = format!("{:.2}", cell["mean"].as_f64().unwrap());
        let row = page
            .split("<tr>")
            .find(|row| row.contains(&format!("<th scope=\"row\">{}</th>", cell["row"].as_str().unwrap())))
            .unwrap();
        assert!(row.contains(&mean), "{mean}: {row}");
        assert_eq!(row.contains("<strong>"), cell["best"].as_bool().unwrap(), "{row}");
        assert!(page.contains(&format!("chosen by validation: {}", cell["chosen"].as_str().unwrap())), "{cell}");
    }

    // Two figures of curves with a panel for each row, a panel for each name, and a band where there are two seeds.
    assert_eq!(page.matches("<figure>").count(), 3);
    for said in ["width 1", "width 2", "accuracy (%)", "cross-entropy (nats)", "validation accuracy (%)"] {
        assert!(page.contains(said), "{said}");
    }
    let figures: Vec<&str> = page.split("<figure>").skip(1).collect();
    for (figure, axis) in [(figures[2], "lr"), (figures[2], "width")] {
        assert!(figure.contains(&format!(">{axis}</text>")), "{axis}: {figure}");
    }
    // Rates are powers: 10 to a power stands below them.
    let powers = fine(&here, "sweep report s --rows lr --choose width --out lr.html");
    assert!(powers.contains("lr.html"));

    // Every job with its state, its numbers, its message, and the report of its own.
    let jobs = page.split("<h2 id=\"jobs\">").nth(1).unwrap();
    let rows: Vec<Vec<String>> = jobs.split("<tr>").skip(2).map(cells).collect();
    assert_eq!(rows.len(), 12);
    let of = |title: &str| rows.iter().find(|row| row[2].contains(title)).unwrap();
    assert_eq!(of("lr 1e-3, width 1, seed 0")[1], "waiting");
    assert!(of("lr 1e30, width 2, seed 0")[1].starts_with("failed: exit code 3: diverged: "), "{rows:?}");
    let (_, summary) = summaries(&here.join("s"))
        .into_iter()
        .find(|(name, _)| name.contains("width=2,lr=0.01,seed=1") || name.contains("width=2,lr=1e-2,seed=1"))
        .unwrap();
    let percent = |share: &serde_json::Value| format!("{:.2} %", 100.0 * share.as_f64().unwrap());
    let row = of("lr 1e-2, width 2, seed 1");
    assert_eq!(
        [&row[1], &row[3], &row[4]],
        ["finished", &percent(&summary["validation_accuracy"]), &percent(&summary["test"]["accuracy"])]
    );
    let link = jobs.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(here.join("s").join(link).is_file() && link.starts_with("runs/"), "{link}");

    // From another folder links lead there, too.
    fs::create_dir(here.join("a page")).unwrap();
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("lcnnc"));
    let done = command
        .current_dir(&here)
        .args(["sweep", "report", "s", "--rows", "width", "--out", "a page/page.html"])
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(2), "two rates fall into one cell");
    fine(&here, "sweep report s --out other.html");
    let other = fs::read_to_string(here.join("other.html")).unwrap();
    let link = other.split("id=\"jobs\"").nth(1).unwrap().split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(link.starts_with("s/runs/") && here.join(link).is_file(), "{link}");
    // Where nobody asks for a table there is a row for every point.
    assert!(
        other.contains("Here is a row for every point, since several points")
            && other.contains("<th scope=\"row\">lr 1e-2, width 2</th>")
    );
    let (code, _, err) = lcnnc(&here, "sweep report s --out s/plan.jsonl");
    assert!(code == Some(2) && err.contains("cannot do without it"), "{err}");
}

/// A sweep of which nothing has begun, or everything failed, makes a page too.
#[test]
fn a_sweep_without_results_makes_a_page() {
    let place = place();
    let here = place.path();
    let page = |all: &[&str]| {
        fine(here, "sweep report sweeps/small");
        let page = fs::read_to_string(here.join("sweeps/small/report.html")).unwrap();
        all.iter().for_each(|said| assert!(page.contains(said), "{said}"));
    };
    let (code, ..) = lcnnc(here, &format!("sweep run small {FLAGS} --over lr=1e30 --seeds 2 --jobs 1"));
    assert_eq!(code, Some(10));
    page(&["2 jobs: 2 failed", "exit code 3: diverged", "There is nothing to draw"]);
    fs::remove_dir_all(here.join("sweeps/small/runs")).unwrap();
    let waits = ["2 jobs: 2 waiting", "2 of 2 seeds not finished", "No epoch is done of: ", "There is nothing to draw"];
    page(&waits);
}

/// Of one epoch a line and a band would show nothing; and a value whose jobs failed is marked.
#[test]
fn one_epoch_and_values_that_failed_are_seen() {
    let place = place();
    let here = place.path();
    let (code, ..) =
        lcnnc(here, &format!("sweep run small {FLAGS} --over lr=1e-2,1e-1,1e30 --seeds 2 --jobs 2 --into s"));
    assert_eq!(code, Some(10));
    fine(here, "sweep report s --rows lr");
    let page = fs::read_to_string(here.join("s/report.html")).unwrap();
    let figures: Vec<&str> = page.split("<figure>").skip(1).collect();
    assert!(figures[0].contains("with bars of one standard deviation"), "{}", figures[0]);
    assert!(figures[0].contains("class=\"error\"") && !figures[0].contains("class=\"band\""), "{}", figures[0]);
    assert!(figures[0].contains("lr 1e-2 (2 seeds)") && page.contains("2 seeds</td>"), "{page}");
    assert!(figures[2].contains("class=\"across\"") && figures[2].contains("no result: failed"), "{}", figures[2]);
    // Where every value has a result, nothing is marked.
    fine(
        here,
        &format!("sweep run small {FLAGS} --over lr=1e-2,1e-1 --epochs 2 --seeds 2 --jobs 2 --into t")
            .replace("--epochs 1 ", ""),
    );
    fine(here, "sweep report t --rows lr");
    let page = fs::read_to_string(here.join("t/report.html")).unwrap();
    assert!(page.contains("class=\"band\"") && !page.contains("no result"), "{page}");
}

/// See `a_browser_shows_the_report`: on a light screen, a dark one and a narrow one.
#[test]
#[ignore = "needs a browser"]
fn a_browser_shows_the_report_of_a_sweep() {
    let (_place, here) = swept();
    fine(&here, "sweep report s --rows width --choose lr");
    for flags in [&[][..], &["--blink-settings=preferredColorScheme=0"], &["--window-size=420,900"]] {
        drawn_in_a_browser(&here, &here.join("s/report.html"), flags);
    }
}
