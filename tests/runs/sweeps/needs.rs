//! What each job needs of a cluster: the keys of a block of a sweep's file.

use lcnnc::sweeps::clusters::needs::{KEYS, Needs, bytes, time};
use std::time::Duration;

#[test]
fn amounts_are_read_with_their_units() {
    for (text, of) in [
        ("8 GiB", Some(8 << 30)),
        ("8GB", Some(8_000_000_000)),
        ("1.5 GB", Some(1_500_000_000)),
        ("500 MB", Some(500_000_000)),
        ("8", None),
        ("8 gigs", None),
        ("-1 GB", None),
        ("GB", None),
        ("0.1 MB", None),
    ] {
        assert_eq!(bytes(text), of, "{text}");
    }
    for (text, of) in [
        ("2 h", Some(7200)),
        ("90 min", Some(5400)),
        ("1 d 12 h", Some(129_600)),
        ("1h30m", Some(5400)),
        ("4 min", None),
        ("two hours", None),
        ("2", None),
        ("-2 h", None),
        ("1 month", None),
    ] {
        assert_eq!(time(text), of.map(Duration::from_secs), "{text}");
    }
}

#[test]
fn every_key_takes_its_example_and_no_line_break() {
    for key in &KEYS {
        for cluster in key.of {
            let mut needs = Needs::default();
            needs.put(*cluster, key.name, key.example).unwrap();
            assert_ne!(needs, Needs::default(), "{}", key.name);
            assert_eq!(Needs::default().over(needs.clone()), needs, "{}", key.name);
            assert_eq!(needs.clone().over(Needs::default()), needs, "{}", key.name);
            assert!(Needs::default().put(*cluster, key.name, "a\n#SBATCH --x").is_err(), "{}", key.name);
        }
    }
}
