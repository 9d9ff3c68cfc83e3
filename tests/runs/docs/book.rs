//! The pages as a book: links that lead somewhere, and a summary of all pages. mdBook itself is not needed.

use crate::docs::pages;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The lines of a page that are prose: no code.
fn prose(page: &str) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    // Every second fence closes.
    text.split("\n```").step_by(2).flat_map(str::lines).map(str::to_owned).collect()
}

/// A line without what stands in backticks.
fn words(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// Where the links of a page go, but for those to the internet.
fn links(page: &str) -> Vec<String> {
    let mut links = Vec::new();
    for line in prose(page) {
        let words = words(&line);
        let targets = words.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()));
        links.extend(targets.filter(|target| !target.starts_with("https://")));
    }
    links
}

/// What a heading is called in a link.
fn anchors(page: &str) -> Vec<String> {
    let lines = prose(page);
    let headings = lines.iter().filter(|line| line.starts_with('#'));
    let slug = |heading: &String| {
        let name = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        name.chars().filter(|&c| c.is_alphanumeric() || c == '-' || c == '_').collect()
    };
    headings.map(slug).collect()
}

#[test]
fn links_lead_to_a_page_and_a_heading_that_are_there() {
    for page in pages() {
        for link in links(&page) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { page.clone() } else { beside(&page, file) };
            assert!(Path::new(&target).is_file(), "{page}: {link}: there is no {target}");
            let stays = !page.starts_with("docs/") || target.starts_with("docs/");
            assert!(stays, "{page}: {link} leads out of the book");
            let there = anchor.is_empty() || anchors(&target).iter().any(|known| known == anchor);
            assert!(there, "{page}: {link}: {target} has no heading {anchor}");
        }
    }
}

/// `docs/papers/a.md` and `../b.md` make `docs/b.md`.
fn beside(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

#[test]
fn the_summary_lists_every_page_once() {
    let mut listed: Vec<String> = links("docs/SUMMARY.md").iter().map(|link| format!("docs/{link}")).collect();
    listed.sort();
    let is_page = |page: &String| page.starts_with("docs/") && page != "docs/SUMMARY.md";
    let there: Vec<String> = pages().into_iter().filter(is_page).collect();
    assert_eq!(listed, there, "docs/SUMMARY.md on the left, the pages in docs/ on the right");
}

/// mdBook warns of a tag that is never closed, such as a `<class>` outside of backticks.
#[test]
fn pages_are_free_of_tags() {
    for page in pages() {
        let tagged = prose(&page).into_iter().find(|line| words(line).replace("\\<", "").contains('<'));
        assert!(tagged.is_none(), "{page}: a `<` without a backslash: {}", tagged.unwrap_or_default());
    }
}

/// Pictures make a clone large for ever: all of them together stay below 1.5 MB, and a page shows each.
#[test]
fn pictures_are_small_and_shown() {
    let is_picture = |path: &String| path.ends_with(".svg") || path.ends_with(".png");
    let shown: BTreeSet<String> =
        pages().iter().flat_map(|page| links(page).into_iter().map(|link| beside(page, &link))).collect();
    let files = ["docs", "docs/papers", "docs/reports"].into_iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let pictures: Vec<String> =
        files.map(|file| file.unwrap().path().to_str().unwrap().to_owned()).filter(is_picture).collect();
    assert!(pictures.len() > 20, "{pictures:?}");
    for picture in &pictures {
        assert!(shown.contains(picture), "no page shows {picture}");
    }
    let bytes: u64 = pictures.iter().map(|picture| fs::metadata(picture).unwrap().len()).sum();
    assert!(bytes < 1_500_000, "{bytes} bytes");
}

#[test]
fn pages_are_short() {
    for page in pages() {
        let lines = fs::read_to_string(&page).unwrap().lines().count();
        let is_made = ["docs/reference.md", "docs/diagnostics.md", "docs/habits.md"].contains(&page.as_str());
        assert!(lines <= 400 || is_made, "{page} has {lines} lines");
    }
}
