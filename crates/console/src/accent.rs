//! A colour of the platform's own as the accent of our pages: made darker in light pages and lighter in dark ones
//! until text in it can be read (WCAG 2.2 AA, 4.5 to 1).

use fanfare_core::portal::Colour;

/// The least contrast of text.
const READABLE: f64 = 4.5;
/// What accents stand on: the grounds of `console.css`, from its lightest to its darkest.
const LIGHT: [Colour; 3] =
    [Colour([0xff, 0xff, 0xff]), Colour([0xf6, 0xf7, 0xf9]), Colour([0xee, 0xf0, 0xf4])];
const DARK: [Colour; 3] =
    [Colour([0x12, 0x15, 0x1c]), Colour([0x1a, 0x1e, 0x28]), Colour([0x23, 0x28, 0x36])];

/// The colours that one accent becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accent {
    /// Links, and the ground of main buttons.
    pub(crate) colour: Colour,
    /// Text on it.
    text: Colour,
    /// A hint of it, behind text in it.
    soft: Colour,
}

impl Accent {
    /// In light pages.
    pub(crate) fn light(wish: Colour) -> Self {
        Self::readable(wish, LIGHT, Colour::BLACK, 10)
    }

    /// In dark pages.
    pub(crate) fn dark(wish: Colour) -> Self {
        Self::readable(wish, DARK, Colour::WHITE, 16)
    }

    fn readable(wish: Colour, grounds: [Colour; 3], towards: Colour, hint: u16) -> Self {
        let tries = (0..=100).step_by(4).map(|hundredths| {
            let colour = wish.mixed(towards, hundredths);
            let text = match colour.contrast(Colour::WHITE) >= READABLE {
                true => Colour::WHITE,
                false => Colour::BLACK,
            };
            Self { colour, text, soft: grounds[1].mixed(colour, hint) }
        });
        let fits = |accent: &Self| {
            let grounds = grounds.iter().chain([&accent.soft]);
            grounds.map(|ground| accent.colour.contrast(*ground)).all(|contrast| contrast >= READABLE)
        };
        tries.into_iter().find(fits).expect("black and white are readable")
    }

    fn properties(self) -> String {
        format!("--accent: {}; --accent-text: {}; --accent-soft: {};", self.colour, self.text, self.soft)
    }
}

/// The path of the stylesheet that lays a colour over the pages.
pub(crate) fn path(colour: Colour) -> String {
    format!("/assets/accent.{}.css", colour.to_string().trim_start_matches('#'))
}

/// The stylesheet of that file name, if it is one.
pub(crate) fn sheet(file: &str) -> Option<String> {
    let digits = file.strip_prefix("accent.")?.strip_suffix(".css")?;
    let colour = format!("#{digits}").parse().ok()?;
    let (light, dark) = (Accent::light(colour).properties(), Accent::dark(colour).properties());
    Some(format!(
        ":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root:not([data-theme=\"light\"]) {{ {dark} }} }}\n\
         :root[data-theme=\"dark\"] {{ {dark} }}\n"
    ))
}

#[cfg(test)]
mod tests;
