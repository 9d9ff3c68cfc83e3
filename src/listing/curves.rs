//! Two curves drawn with letters, which a pipe, a log and any terminal show alike, without colours.

/// Rows of a drawing.
const HEIGHT: usize = 13;
/// Columns of a drawing, beside its numbers.
const WIDTHS: [usize; 2] = [20, 72];
/// What the first curve is drawn with, the second one, and both in one place.
const MARKS: [char; 3] = ['A', 'B', '*'];

/// A number for each epoch that has one.
pub type Curve = Vec<(usize, f64)>;

/// The curves of two runs over their epochs, the first drawn with `A`, the second with `B`, and with `*` where both are, at most `columns`
/// wide. Nothing where neither has a finite number.
pub fn drawn(title: &str, curves: [&Curve; 2], columns: usize) -> Option<String> {
    let finite = |curve: &Curve| -> Curve { curve.iter().copied().filter(|(_, y)| y.is_finite()).collect() };
    let curves = curves.map(finite);
    let all = || curves.iter().flatten();
    let first = all().map(|(epoch, _)| *epoch).min()?;
    let last = all().map(|(epoch, _)| *epoch).max()?;
    let low = all().map(|(_, y)| *y).reduce(f64::min)?;
    let high = all().map(|(_, y)| *y).reduce(f64::max)?;
    let labels = [high, f64::midpoint(low, high), low].map(|y| format!("{y:.4}"));
    let margin = labels.iter().map(String::len).max().unwrap_or_default();
    let room = columns.saturating_sub(margin + 2).clamp(WIDTHS[0], WIDTHS[1]);
    // One column an epoch where there are few of them would be hard to see.
    let width = if last == first { 1 } else { room };
    let mut grid = vec![vec![' '; width]; HEIGHT];
    let row = |y: f64| {
        let share = if high > low { (high - y) / (high - low) } else { 0.5 };
        (share * (HEIGHT - 1) as f64).round() as usize
    };
    for (curve, mark) in curves.iter().zip(MARKS) {
        let mut before = None;
        let place = |column: usize| first as f64 + (last - first) as f64 * column as f64 / (width.max(2) - 1) as f64;
        let rows = (0..width).filter_map(|column| Some((column, row(at(curve, place(column))?))));
        for (column, at) in rows {
            // A steep curve is one line, too.
            for place in between(before, at) {
                let cell = &mut grid[place][column];
                *cell = if *cell == ' ' || *cell == mark { mark } else { MARKS[2] };
            }
            before = Some(at);
        }
    }
    let mut text = format!("{title}\n");
    for (n, line) in grid.iter().enumerate() {
        let label = match n {
            0 => &labels[0],
            _ if n == HEIGHT / 2 => &labels[1],
            _ if n == HEIGHT - 1 => &labels[2],
            _ => "",
        };
        let line: String = line.iter().collect();
        text += &format!("{}\n", format!("{label:>margin$} |{line}").trim_end());
    }
    text += &format!("{:margin$} +{}\n", "", "-".repeat(width));
    let ends = if last == first {
        format!("epoch {first}")
    } else {
        format!("{:<w$}epoch {last}", format!("epoch {first}"), w = width.saturating_sub(6 + last.to_string().len()))
    };
    text += &format!("{:margin$}  {ends}\n", "");
    Some(text)
}

/// The value of a curve at a place, between two of its numbers on the line between them; nothing before it or behind it.
fn at(curve: &Curve, x: f64) -> Option<f64> {
    let behind = curve.iter().position(|(epoch, _)| *epoch as f64 >= x - 1e-9)?;
    let (right, y) = curve[behind];
    if (right as f64 - x).abs() < 1e-9 {
        return Some(y);
    }
    let (left, before) = curve[behind.checked_sub(1)?];
    let share = (x - left as f64) / (right - left) as f64;
    Some(before + share * (y - before))
}

/// The rows from the one behind the last to this one.
fn between(before: Option<usize>, at: usize) -> std::ops::RangeInclusive<usize> {
    match before {
        Some(before) if before + 1 < at => before + 1..=at,
        Some(before) if at + 1 < before => at..=before - 1,
        _ => at..=at,
    }
}
