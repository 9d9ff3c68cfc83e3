//! Values of a random search.

use lcnnc::sweeps::draws::Distribution;

#[test]
fn draws_lie_within_and_are_the_same_for_the_same_seed() {
    let log = Distribution::read("log_uniform(1e-4, 1e-1)").unwrap().unwrap();
    let draw = |seed| log.values("lr", seed, 200);
    assert_eq!(draw(3), draw(3));
    assert_ne!(draw(3), draw(4));
    assert_eq!(draw(3).into_iter().collect::<std::collections::BTreeSet<_>>().len(), 200);
    assert_ne!(draw(3), log.values("alpha", 3, 200));
    let numbers: Vec<f64> = draw(3).iter().map(|x| x.parse().unwrap()).collect();
    assert!(numbers.iter().all(|x| (1e-4..=1e-1).contains(x)));
    let below = numbers.iter().filter(|x| **x < 10_f64.powf(-2.5)).count();
    assert!((60..140).contains(&below), "half of the draws lie below the middle of the logarithms: {below}");
}

#[test]
fn what_is_wrong_with_the_ends_is_named() {
    assert!(Distribution::read("0.1").is_none());
    for (text, said) in [
        ("uniform(1, 0)", "smaller one first"),
        ("log_uniform(0, 1)", "above 0"),
        ("uniform(1)", "two"),
        ("uniform(0%,20%)", "write 0.2 for 20%"),
    ] {
        assert!(Distribution::read(text).unwrap().unwrap_err().contains(said), "{text}");
    }
}
