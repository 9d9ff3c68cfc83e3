//! The order of items within their levels: few arrows cross (barycentres, after Sugiyama, Tagawa & Toda, 1981).

use super::levels::{Kind, Levels};

/// How often all levels are gone through.
const ROUNDS: usize = 12;

/// The items of each level from left to right.
pub fn ordered(levels: &Levels) -> Vec<Vec<usize>> {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); levels.count.max(1)];
    for (n, spot) in levels.spots.iter().enumerate() {
        rows[spot.level].push(n);
    }
    for row in &mut rows {
        row.sort_by_key(|n| levels.spots[*n].kind != Kind::Heading);
    }
    let mut near: [Vec<Vec<usize>>; 2] = [vec![Vec::new(); levels.spots.len()], vec![Vec::new(); levels.spots.len()]];
    for piece in &levels.pieces {
        near[0][piece.lower].push(piece.upper);
        near[1][piece.upper].push(piece.lower);
    }
    let mut best = (crossings(levels, &rows), rows.clone());
    for round in 0..ROUNDS {
        let down = round % 2 == 0;
        let near = &near[usize::from(!down)];
        let walk: Vec<usize> =
            if down { (1..rows.len()).collect() } else { (0..rows.len().saturating_sub(1)).rev().collect() };
        for level in walk {
            let beside = &rows[if down { level - 1 } else { level + 1 }];
            let mut place = vec![0.0; levels.spots.len()];
            beside.iter().enumerate().for_each(|(at, n)| place[*n] = at as f64);
            let width = beside.len().max(1) as f64;
            let own = rows[level].len().max(1) as f64;
            let mut keyed: Vec<(f64, usize)> = rows[level]
                .iter()
                .enumerate()
                .map(|(at, n)| match near[*n].as_slice() {
                    _ if levels.spots[*n].kind == Kind::Heading => (-1.0, *n),
                    [] => (at as f64 * width / own, *n),
                    all => (all.iter().map(|n| place[*n]).sum::<f64>() / all.len() as f64, *n),
                })
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            rows[level] = keyed.into_iter().map(|(_, n)| n).collect();
        }
        let found = crossings(levels, &rows);
        if found < best.0 {
            best = (found, rows.clone());
        }
    }
    best.1
}

/// How many pairs of pieces cross.
fn crossings(levels: &Levels, rows: &[Vec<usize>]) -> usize {
    let mut place = vec![0_usize; levels.spots.len()];
    rows.iter().for_each(|row| row.iter().enumerate().for_each(|(at, n)| place[*n] = at));
    let mut ends: Vec<Vec<[usize; 2]>> = vec![Vec::new(); rows.len()];
    for piece in &levels.pieces {
        ends[levels.spots[piece.upper].level].push([place[piece.upper], place[piece.lower]]);
    }
    let crossed = |ends: &mut Vec<[usize; 2]>| {
        ends.sort_unstable();
        let pair = |n: usize| ends[..n].iter().filter(|before| before[1] > ends[n][1]).count();
        (0..ends.len()).map(pair).sum::<usize>()
    };
    ends.iter_mut().map(crossed).sum()
}
