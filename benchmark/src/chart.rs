//! Charts: for each row a line on which everybody stands where they came in.

use svg::Document;
use svg::node::element::{Circle, Group, Line, Rectangle, Style, Text, Title};

/// One row of a chart: who took how many times as long as we did.
pub struct Lane {
    pub name: String,
    /// What we took, in words.
    pub ours: String,
    /// Name and ratio of each peer, and whether it is ranked.
    pub others: Vec<(&'static str, f64, bool)>,
    pub limit: Option<f64>,
}

const LEFT: f64 = 330.0;
const WIDTH: f64 = 520.0;
const RIGHT: f64 = 80.0;
const TOP: f64 = 74.0;
const LANE: f64 = 21.0;

/// Colours that can be told apart, also by most who do not see all colours.
const COLOURS: [&str; 9] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#8c564b", "#17becf"];

/// The ends of the scale.
const SCALE: (f64, f64) = (0.1, 30.0);
const TICKS: [(f64, &str); 7] =
    [(0.1, "1/10"), (0.2, "1/5"), (0.5, "1/2"), (1.0, "sixfold"), (2.0, "2×"), (5.0, "5×"), (20.0, "20×")];

fn x(ratio: f64) -> f64 {
    let (low, high) = (SCALE.0.ln(), SCALE.1.ln());
    LEFT + WIDTH * ((ratio.clamp(SCALE.0, SCALE.1).ln() - low) / (high - low))
}

fn text(content: impl Into<String>, x: f64, y: f64, anchor: &str, class: &str) -> Text {
    Text::new(content).set("x", x).set("y", y).set("text-anchor", anchor).set("class", class)
}

/// Draws the lanes. Right of the line of one is slower than we are.
pub fn draw(title: &str, lanes: &[Lane]) -> Document {
    let mut names: Vec<&str> = lanes.iter().flat_map(|lane| lane.others.iter().map(|other| other.0)).collect();
    names.sort_unstable();
    names.dedup();
    let colour = |name: &str| COLOURS[names.iter().position(|&other| other == name).unwrap_or(0) % COLOURS.len()];
    let (width, height) = (LEFT + WIDTH + RIGHT, TOP + LANE * lanes.len() as f64 + 34.0);
    let bottom = height - 28.0;

    let style = ".t{font-weight:600;font-size:15px}.n,.k{font-size:12px}.a{font-size:11px;fill:#767676}\
        text{font-family:system-ui,sans-serif;fill:#333}@media (prefers-color-scheme:dark){text{fill:#ddd}.a{fill:#999}}";
    let mut document = Document::new()
        .set("viewBox", (0.0, 0.0, width, height))
        .set("width", width)
        .set("height", height)
        .add(Style::new(style))
        .add(text(title, 12.0, 22.0, "start", "t"));

    let mut at = 12.0;
    for &name in &names {
        let key = Circle::new().set("cx", at + 5.0).set("cy", 42.0).set("r", 5.0).set("fill", colour(name));
        document = document.add(key).add(text(name, at + 15.0, 46.0, "start", "k"));
        at += 34.0 + 6.6 * name.len() as f64;
    }
    for (ratio, label) in TICKS {
        let ours = ratio == 1.0;
        let line = Line::new()
            .set("x1", x(ratio))
            .set("x2", x(ratio))
            .set("y1", TOP - 8.0)
            .set("y2", bottom)
            .set("stroke", if ours { "#d00000" } else { "#bbbbbb" })
            .set("stroke-width", if ours { 2.0 } else { 0.5 });
        document = document.add(line);
        // A chart is longer than a screen.
        for y in [TOP - 10.0, bottom + 16.0] {
            document = document.add(text(label, x(ratio), y, "middle", "a"));
        }
    }
    for (i, lane) in lanes.iter().enumerate() {
        let y = TOP + LANE * (i as f64 + 0.5);
        let mut group = Group::new().add(text(&lane.name, LEFT - 14.0, y + 4.0, "end", "n"));
        if let Some(limit) = lane.limit {
            let mark = Rectangle::new().set("x", x(limit) - 1.5).set("y", y - 7.0).set("width", 3).set("height", 14);
            group = group.add(mark.set("fill", "#999999").add(Title::new(format!("limit {limit:.2}"))));
        }
        for &(name, ratio, ranked) in &lane.others {
            let dot = Circle::new().set("cx", x(ratio)).set("cy", y).set("r", 5.0).set("fill-opacity", 0.85);
            let dot = if ranked {
                dot.set("fill", colour(name))
            } else {
                dot.set("fill", "none").set("stroke", colour(name))
            };
            group = group.add(dot.add(Title::new(format!("{name} {ratio:.2}×"))));
        }
        group = group.add(text(&lane.ours, LEFT + WIDTH + RIGHT - 6.0, y + 4.0, "end", "a"));
        document = document.add(group);
    }
    document
}
