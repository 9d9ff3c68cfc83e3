//! Where the items of a level lie from left to right: near to what they are linked with, and apart from each other.

use super::levels::{Kind, Levels};

/// The least distance between two items of a level.
const APART: f64 = 16.0;
/// How often all levels are gone through.
const ROUNDS: usize = 80;

/// From one arrow to the next one at a border that several begin or end at.
const BESIDE: f64 = 20.0;

/// Says where pieces begin and end at their items, in the order of what is at their other end.
pub fn spread(levels: &mut Levels, rows: &[Vec<usize>], port: impl Fn(usize, usize, bool) -> Option<f64>) {
    let mut place = vec![0_usize; levels.spots.len()];
    rows.iter().for_each(|row| row.iter().enumerate().for_each(|(at, n)| place[*n] = at));
    for end in [0, 1] {
        let mut by_spot: Vec<Vec<usize>> = vec![Vec::new(); levels.spots.len()];
        for (n, piece) in levels.pieces.iter().enumerate() {
            by_spot[if end == 0 { piece.upper } else { piece.lower }].push(n);
        }
        for (spot, mut pieces) in by_spot.into_iter().enumerate() {
            let other = |n: &usize| place[if end == 0 { levels.pieces[*n].lower } else { levels.pieces[*n].upper }];
            pieces.sort_by_key(other);
            let wide = levels.spots[spot].left * 2.0 - 20.0;
            let count = pieces.len() as f64;
            let step = if pieces.len() > 1 { BESIDE.min(wide.max(0.0) / (count - 1.0)) } else { 0.0 };
            for (n, piece) in pieces.into_iter().enumerate() {
                let arrow = levels.pieces[piece].arrow;
                let at = port(spot, arrow, end == 0).unwrap_or((n as f64 - (count - 1.0) / 2.0) * step);
                levels.pieces[piece].at[end] = at;
            }
        }
    }
}

/// The middle of each item.
pub fn placed(levels: &Levels, rows: &[Vec<usize>]) -> Vec<f64> {
    let mut middle = vec![0.0; levels.spots.len()];
    for row in rows {
        let mut right = 0.0;
        for n in row {
            let spot = &levels.spots[*n];
            middle[*n] = right + spot.left;
            right = middle[*n] + spot.right + APART;
        }
    }
    // For each item those that it is linked with: above or not, which one, how far off, and how much it counts.
    let mut links: Vec<Vec<(bool, usize, f64, f64)>> = vec![Vec::new(); levels.spots.len()];
    for piece in &levels.pieces {
        let is_part = |n: usize| matches!(levels.spots[n].kind, Kind::Part(_));
        let weight = match (is_part(piece.upper), is_part(piece.lower)) {
            (true, true) => 1.0,
            (false, false) => 8.0,
            _ => 2.0,
        };
        let off = piece.at[0] - piece.at[1];
        links[piece.lower].push((true, piece.upper, off, weight));
        links[piece.upper].push((false, piece.lower, -off, weight));
    }
    let is_heading = |n: &usize| levels.spots[*n].kind == Kind::Heading;
    let linked: Vec<Vec<usize>> =
        rows.iter().map(|row| row.iter().copied().filter(|n| !is_heading(n)).collect()).collect();
    for round in 0..ROUNDS {
        // The last rounds look both ways.
        let looks = |is_above: bool| round + 40 >= ROUNDS || is_above == (round % 2 == 0);
        let walk: Vec<usize> = if round % 2 == 0 { (0..rows.len()).collect() } else { (0..rows.len()).rev().collect() };
        for level in walk {
            settle(levels, &linked[level], &mut middle, |n, middle| {
                let near = links[n].iter().filter(|(is_above, ..)| looks(*is_above));
                let (sum, weight) = near.fold((0.0, 0.0), |(sum, all), (_, other, off, weight)| {
                    (sum + (middle[*other] + off) * weight, all + weight)
                });
                if weight > 0.0 { (sum / weight, weight) } else { (middle[n], 0.01) }
            });
        }
    }
    // What stands at the top of a frame begins where the frame's items do, or left of the first arrow that comes in.
    for (row, linked) in rows.iter().zip(&linked) {
        let left = |n: &usize| middle[*n] - levels.spots[*n].left;
        let farthest = linked.iter().map(left).fold(f64::INFINITY, f64::min) - APART;
        let edge = rows.iter().flatten().filter(|n| !is_heading(n)).map(left).fold(f64::INFINITY, f64::min);
        for n in row.iter().filter(|n| is_heading(n)) {
            let at = edge.min(farthest - levels.spots[*n].right);
            middle[*n] = if at.is_finite() { at } else { 0.0 };
        }
    }
    middle
}

/// Moves the items of a level as near as can be to where they want to be, in their order and apart from each other (the
/// pool of adjacent violators).
fn settle(levels: &Levels, row: &[usize], middle: &mut [f64], wish: impl Fn(usize, &[f64]) -> (f64, f64)) {
    // Blocks of items that touch: the place of the first one as it would be at 0 distance, its weight, and how many they are.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    let mut reach = Vec::with_capacity(row.len());
    let mut sum = 0.0;
    for (n, at) in row.iter().enumerate() {
        if n > 0 {
            sum += levels.spots[row[n - 1]].right + APART + levels.spots[*at].left;
        }
        reach.push(sum);
        let (wanted, weight) = wish(*at, middle);
        blocks.push((wanted - sum, weight, 1));
        while let [.., (before, heavy, many), (last, light, few)] = blocks[..] {
            if before <= last {
                break;
            }
            blocks.truncate(blocks.len() - 2);
            blocks.push(((before * heavy + last * light) / (heavy + light), heavy + light, many + few));
        }
    }
    let places = blocks.iter().flat_map(|(place, _, count)| std::iter::repeat_n(*place, *count));
    for ((at, place), reach) in row.iter().zip(places).zip(reach) {
        middle[*at] = place + reach;
    }
}
