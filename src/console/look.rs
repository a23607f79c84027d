//! How the model looks: the theme in use, and the view.

use crate::{
    domain::time::UnixMs,
    term::{
        capabilities::{Capabilities, Colours},
        frame::{self, Area, Picture},
    },
};

use super::{
    ConsoleOptions,
    app::{
        key::{Panes, Size},
        model::{Model, Options},
    },
    error::ConsoleError,
    view::{self, Depth, Skin, THEMES},
};

/// The theme while nothing else was asked for.
const DEFAULT: &str = "dark";

/// The theme in use.
#[derive(Debug)]
pub struct Look {
    skin: Skin,
    depth: Depth,
    ascii: bool,
}

impl Look {
    /// The theme asked for, as this terminal can show it: an embedded one by name, or a file.
    ///
    /// # Errors
    /// If there is no such theme or it is damaged.
    pub fn new(options: &ConsoleOptions, terminal: Capabilities) -> Result<Self, ConsoleError> {
        let depth = match terminal.colours {
            Colours::None => Depth::Mono,
            Colours::Sixteen => Depth::Sixteen,
            Colours::Indexed => Depth::Indexed,
            Colours::True => Depth::True,
        };
        let ascii = options.ascii || !terminal.unicode;
        let name = options.theme.as_deref().unwrap_or(if depth == Depth::Sixteen { "16-colour" } else { DEFAULT });
        let skin = if name.contains('/') { from_file(name, depth, ascii) } else { embedded(name, depth, ascii) }?;
        Ok(Self { skin, depth, ascii })
    }

    /// The model before anything is known.
    pub fn first_model(&self, options: &ConsoleOptions, size: Size, now: UnixMs) -> Model {
        let mono = self.depth == Depth::Mono;
        let named = THEMES.iter().map(|(name, _)| (*name).to_owned());
        let themes = if mono { vec![self.skin.name().to_owned()] } else { named.collect() };
        let app = Options { read_only: options.read_only, ascii: self.ascii, themes };
        Model::new(app, self.skin.name(), size, now)
    }

    /// How much of its lists the screen has room for.
    pub fn panes(model: &Model, area: Area) -> Panes {
        view::panes(model, area)
    }

    /// The picture of the model, in the theme it names.
    pub fn draw(&mut self, model: &Model, area: Area) -> Picture {
        if model.theme != self.skin.name() {
            // The model only names themes of the list it was given; an unknown one changes nothing.
            if let Ok(skin) = embedded(&model.theme, self.depth, self.ascii) {
                self.skin = skin;
            }
        }
        let mut picture = frame::blank(area);
        view::view(model, &self.skin, area, &mut picture);
        picture
    }
}

fn embedded(name: &str, depth: Depth, ascii: bool) -> Result<Skin, ConsoleError> {
    Skin::embedded(name, depth, ascii).map_err(|error| ConsoleError::NoTheme(error.to_string()))
}

fn from_file(path: &str, depth: Depth, ascii: bool) -> Result<Skin, ConsoleError> {
    let refuse = |why: String| ConsoleError::NoTheme(format!("the theme {path} can't be used: {why}"));
    let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    Skin::parse(&text, depth, ascii).map_err(|error| refuse(error.to_string()))
}
