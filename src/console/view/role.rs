//! Roles of colour: what something on the screen is, as far as its looks go.

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident $name:literal,)*) => {
        /// What something on the screen is, as far as its looks go.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $($(#[$doc])* $role,)* }

        impl Role {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$role,)*];

            /// Its name in theme files.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)* }
            }
        }
    };
}

roles! {
    /// Ordinary text.
    Text "text",
    /// What may be overlooked.
    Dim "dim",
    /// What matters most in its row.
    Strong "strong",
    /// Borders.
    Border "border",
    /// Borders of the pane that has the keys.
    BorderFocus "border-focus",
    /// Titles of panes.
    Title "title",
    /// The title of the pane that has the keys.
    TitleFocus "title-focus",
    /// The one accent.
    Accent "accent",
    /// A key in the footer and in help.
    Key "key",
    /// Good news.
    Good "good",
    /// Worth a look.
    Warn "warn",
    /// Bad news.
    Bad "bad",
    /// Not known.
    Unknown "unknown",
    /// Can't be done now.
    Disabled "disabled",
    /// The selected row of the pane that has the keys.
    Selected "selected",
    /// The selected row elsewhere.
    SelectedElsewhere "selected-elsewhere",
    /// A text field.
    Input "input",
    /// The place where typed text goes.
    Cursor "cursor",
    /// Characters that matched what was typed.
    Match "match",
    /// The product's name in the header.
    Brand "brand",
    /// A screen in the header.
    Tab "tab",
    /// The screen that is shown.
    TabActive "tab-active",
    /// An environment without a colour of its own.
    EnvPlain "env-plain",
    /// An environment whose colour is red.
    EnvRed "env-red",
    /// An environment whose colour is yellow.
    EnvYellow "env-yellow",
    /// An environment whose colour is green.
    EnvGreen "env-green",
    /// An environment whose colour is blue.
    EnvBlue "env-blue",
    /// An environment whose colour is magenta.
    EnvMagenta "env-magenta",
    /// An environment whose colour is cyan.
    EnvCyan "env-cyan",
    /// A chart's main curve.
    Curve "curve",
    /// A chart's lower curve.
    CurveLow "curve-low",
    /// A chart's upper curve.
    CurveHigh "curve-high",
    /// Parts of a curve beyond a limit.
    CurveOver "curve-over",
    /// A limit drawn into a chart.
    Limit "limit",
    /// A deploy drawn into a chart.
    Mark "mark",
    /// Labels of axes.
    Axis "axis",
    /// Trends in tables.
    Spark "spark",
    /// Times in a log.
    LogTime "log-time",
    /// Lines from standard error.
    LogErr "log-err",
    /// Lines by Quarterdeck itself.
    LogDeck "log-deck",
    /// What stands for something unprintable or secret.
    LogMark "log-mark",
    /// Searched text.
    Hit "hit",
    /// Searched text in the marked line.
    HitHere "hit-here",
}
