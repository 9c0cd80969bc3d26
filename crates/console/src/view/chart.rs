//! Charts over time, drawn on the server as SVG. Their colours are names that the stylesheet gives its own to,
//! so that charts follow the theme; a table beside them has the same numbers.

use maud::{Markup, PreEscaped, Render as _, html};
use plotters::{
    chart::{ChartBuilder, ChartContext},
    coord::{
        Shift,
        cartesian::Cartesian2d,
        ranged1d::{Ranged, ValueFormatter},
        types::RangedCoordf64,
    },
    prelude::{
        Circle, DrawingArea, DrawingAreaErrorKind, DrawingBackend, IntoDrawingArea as _, IntoLogRange as _,
        LineSeries, Rectangle, SVGBackend,
    },
    style::{Color as _, IntoFont as _, RGBColor, ShapeStyle},
};

/// Width, height and size of text, in units of the drawing.
const SIZE: (u32, u32) = (400, 176);
const TEXT: i32 = 15;
/// Labels on the axes.
const TIMES: usize = 7;
const VALUES: usize = 4;
/// The grid and the text: see `.chart` in the stylesheet.
const GRID: RGBColor = RGBColor(0xd9, 0xdd, 0xe5);
const INK: RGBColor = RGBColor(0x53, 0x5c, 0x6d);

/// A colour, and with it a manner of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// What is neither good nor bad.
    Plain,
    /// What went well.
    Good,
    /// What went wrong.
    Bad,
    /// What needs a look; dashed.
    Warning,
}

impl Ink {
    fn rgb(self) -> RGBColor {
        match self {
            Self::Plain => RGBColor(0x36, 0x48, 0xc8),
            Self::Good => RGBColor(0x12, 0x71, 0x4a),
            Self::Bad => RGBColor(0xb3, 0x26, 0x1e),
            Self::Warning => RGBColor(0x8a, 0x53, 0x00),
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Warning => "warning",
        }
    }
}

/// What is drawn for each time.
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) ink: Ink,
    pub(crate) values: Vec<Option<f64>>,
}

/// How values become a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Bars from zero, one series on top of the other.
    Bars,
    /// Lines between 0 and 1.
    Shares,
    /// Lines on a logarithmic scale.
    Logarithmic,
}

/// A chart.
pub(crate) struct Chart<'a> {
    pub(crate) title: &'a str,
    /// The most important of it as a sentence, for who cannot see it.
    pub(crate) says: &'a str,
    pub(crate) manner: Manner,
    /// The time of each value.
    pub(crate) times: &'a [String],
    pub(crate) series: Vec<Series>,
    /// A value as text.
    pub(crate) value: fn(f64) -> String,
}

type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// The chart with its title and what its colours mean.
pub(crate) fn chart(chart: &Chart<'_>) -> Markup {
    html! {
        figure.chart {
            figcaption {
                h3 { (chart.title) }
                @if chart.series.len() > 1 { ul.legend { @for series in &chart.series {
                    li { span.ink.(series.ink.class()) aria-hidden="true" {} (series.name) }
                } } }
            }
            (chart.picture())
        }
    }
}

impl Chart<'_> {
    fn picture(&self) -> Markup {
        let mut svg = String::new();
        let drawn = self.draw(SVGBackend::with_string(&mut svg, SIZE).into_drawing_area());
        if let Err(error) = drawn {
            tracing::error!(%error, chart = self.title, "a chart could not be drawn");
            return html! { p.soft { "This chart could not be drawn; the table below has its numbers." } };
        }
        // The stylesheet decides how large it is.
        let label = format!("{}: {}", self.title, self.says).render().into_string();
        let head = format!("<svg role=\"img\" aria-label=\"{label}\" ");
        let svg = svg.replacen("<svg ", &head, 1);
        PreEscaped(svg)
    }

    fn draw(&self, area: DrawingArea<SVGBackend<'_>, Shift>) -> Drawn {
        let mut builder = ChartBuilder::on(&area);
        builder.margin(2).margin_right(10).margin_top(8).x_label_area_size(22).y_label_area_size(52);
        let times = -0.5..self.times.len() as f64 - 0.5;
        let (least, most) = self.extent();
        match self.manner {
            Manner::Bars => self.fill(builder.build_cartesian_2d(times, 0.0..most.max(4.0) * 1.05)?)?,
            Manner::Shares => self.fill(builder.build_cartesian_2d(times, 0.0..1.02)?)?,
            Manner::Logarithmic => {
                self.fill(builder.build_cartesian_2d(times, (least / 3.0..most * 3.0).log_scale())?)?;
            }
        }
        area.present()
    }

    fn fill<'a, Y>(
        &self,
        mut context: ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, Y>>,
    ) -> Drawn
    where
        Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        let text = || ("sans-serif", TEXT).into_font().color(&INK);
        context
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(GRID.mix(0.0))
            .bold_line_style(GRID)
            .axis_style(GRID)
            .x_labels(TIMES)
            .y_labels(VALUES)
            .x_label_formatter(&|place| self.time(*place))
            .y_label_formatter(&|value| (self.value)(*value))
            .x_label_style(text())
            .y_label_style(text())
            .draw()?;
        match self.manner {
            Manner::Bars => self.bars(&mut context),
            Manner::Shares | Manner::Logarithmic => self.lines(&mut context),
        }
    }

    fn bars<'a, DB, Y>(
        &self,
        context: &mut ChartContext<'a, DB, Cartesian2d<RangedCoordf64, Y>>,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>>
    where
        DB: DrawingBackend,
        Y: Ranged<ValueType = f64>,
    {
        let mut below = vec![0.0; self.times.len()];
        for series in &self.series {
            let style = series.ink.rgb().filled();
            let bars = series.values.iter().zip(&mut below).enumerate();
            let bars: Vec<_> = bars
                .filter_map(|(place, (value, below))| {
                    let value = value.filter(|value| *value > 0.0)?;
                    let from = *below;
                    *below += value;
                    let place = place as f64;
                    Some(Rectangle::new([(place - 0.38, from), (place + 0.38, *below)], style))
                })
                .collect();
            context.draw_series(bars)?;
        }
        Ok(())
    }

    fn lines<'a, DB, Y>(
        &self,
        context: &mut ChartContext<'a, DB, Cartesian2d<RangedCoordf64, Y>>,
    ) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>>
    where
        DB: DrawingBackend,
        Y: Ranged<ValueType = f64>,
    {
        for series in &self.series {
            let style = ShapeStyle::from(&series.ink.rgb()).stroke_width(2);
            for run in runs(&series.values) {
                if let [alone] = run[..] {
                    context.draw_series([Circle::new(alone, 3, style.filled())])?;
                } else {
                    context.draw_series(LineSeries::new(run, style))?;
                }
            }
        }
        Ok(())
    }

    /// The least and the most of all values; something where there are none. Bars are as high as their sum.
    fn extent(&self) -> (f64, f64) {
        let all = self.series.iter().flat_map(|series| series.values.iter().flatten().copied());
        let least = all.clone().fold(f64::INFINITY, f64::min);
        let most = match self.manner {
            Manner::Bars => (0..self.times.len())
                .map(|place| self.series.iter().filter_map(|series| series.values[place]).sum())
                .fold(0.0, f64::max),
            Manner::Shares | Manner::Logarithmic => all.fold(0.0, f64::max),
        };
        if least.is_finite() && least > 0.0 { (least, most) } else { (0.001, most.max(1.0)) }
    }

    fn time(&self, place: f64) -> String {
        let whole = place.round();
        let is_whole = (place - whole).abs() < 0.01 && whole >= 0.0;
        is_whole.then(|| self.times.get(whole as usize).cloned()).flatten().unwrap_or_default()
    }
}

/// Values that follow each other without a gap, with their places.
fn runs(values: &[Option<f64>]) -> Vec<Vec<(f64, f64)>> {
    let places = values.iter().enumerate().map(|(place, value)| value.map(|value| (place as f64, value)));
    let mut runs = vec![Vec::new()];
    for point in places {
        match (point, runs.last_mut()) {
            (Some(point), Some(run)) => run.push(point),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}
