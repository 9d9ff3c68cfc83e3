//! Where a server may send us, and whom we ask at all.

use lcnnc::data::fetch::Outcome;
use tempfile::tempdir;

use super::server::{Answer, Server};
use super::{contents, fetch_file, says};

const LEN: usize = 5_000;

#[test]
fn a_redirect_is_followed_however_it_is_written() {
    let home = Server::start(|_, asked| Answer::file(&contents(LEN), asked));
    let whole = format!("http://localhost:{}/stored/images.gz?key=a%2Fb#top", home.port);
    let near = format!("//127.0.0.1:{}/stored/images.gz", home.port);
    for to in [whole, near, "/stored/images.gz".to_owned(), "../stored/images.gz".to_owned()] {
        let root = tempdir().unwrap();
        let server = Server::start(move |n, asked| match n {
            0 => Answer::redirect(&to),
            _ => Answer::file(&contents(LEN), asked),
        });
        assert_eq!(fetch_file(root.path(), &contents(LEN), &[&server.url()]), Ok(Outcome::Fetched));
    }
    assert_eq!(
        home.asked().iter().map(|asked| &*asked.path).collect::<Vec<_>>(),
        ["/stored/images.gz?key=a%2Fb", "/stored/images.gz"]
    );
}

#[test]
fn a_range_is_asked_for_behind_a_redirect_too() {
    let root = tempdir().unwrap();
    let server = Server::start(|n, asked| match (n, &*asked.path) {
        (_, "/files/images.gz") => Answer::redirect("/stored"),
        (1, _) => Answer::file(&contents(LEN), asked).only(1_000),
        _ => Answer::file(&contents(LEN), asked),
    });
    assert_eq!(fetch_file(root.path(), &contents(LEN), &[&server.url()]), Ok(Outcome::Fetched));
    assert_eq!(server.starts(), [None, None, Some(1_000), Some(1_000)]);
}

#[test]
fn a_circle_is_left() {
    let root = tempdir().unwrap();
    let server = Server::start(|_, asked| Answer::redirect(&asked.path));
    says(fetch_file(root.path(), &contents(LEN), &[&server.url()]), &["led on to other addresses more than 5 times"]);
    assert_eq!(server.asked().len(), 6);
}

#[test]
fn nobody_is_asked_without_tls_but_this_machine() {
    let root = tempdir().unwrap();
    for to in ["http://example.org/images.gz", "ftp://127.0.0.1/images.gz", "http://127.0.0.1.example.org/", ""] {
        let server = Server::start(move |_, _| Answer::redirect(to));
        says(fetch_file(root.path(), &contents(LEN), &[&server.url()]), &[&format!("led on to `{to}`, which is no")]);
    }
    let root = tempdir().unwrap();
    for address in ["http://example.org/", "ftp://localhost/", "file:///data/", "localhost:8000", "http://[::2]/"] {
        let refused = fetch_file(root.path(), &contents(LEN), &[address]);
        says(refused, &[&format!("`{address}` is no address to fetch from"), "https://"]);
    }
    says(fetch_file(root.path(), &contents(LEN), &["https://example.org/?key=1"]), &["without `?` and `#`"]);
    assert!(!root.path().join("Made").exists(), "an address that cannot be asked makes no folder");
}
