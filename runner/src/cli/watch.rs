//! Who watches a run: the monitor that hands its events to the display and to standard output, and says when to stop.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use sandmill::config::Views;
use sandmill::event::{Event, Monitor, Stop};

use super::interrupts::Interrupts;
use super::progress::{self, Display, FailureLines, Tally};
use super::request::Request;
use super::rows::RowStream;

pub struct Watch {
    interrupts: Interrupts,
    tally: Arc<Tally>,
    failures: Mutex<FailureLines>,
    rows: Option<RowStream>,
    pub display: Arc<dyn Display>,
}

impl Watch {
    /// Watches the run that is asked for: signals are caught from here on.
    ///
    /// # Errors
    /// If signals cannot be caught.
    pub fn start(request: &Request) -> anyhow::Result<Self> {
        let tally = Arc::new(Tally::start());
        let display = progress::open(request.progress, request.quiet, request.stdout.is_some(), &tally);
        let told = Arc::clone(&display);
        let interrupts = Interrupts::catch(move |stop| told.stopping(stop))?;
        let config = &request.config;
        let views = Views { columns: config.table_columns(config.views.columns.as_deref()), ..config.views.clone() };
        Ok(Self {
            interrupts,
            tally,
            failures: Mutex::new(FailureLines::new(&request.config.output)),
            rows: request.stdout.map(|format| RowStream::new(format, &views, io::stdout())),
            display,
        })
    }

    /// The run is over.
    ///
    /// # Errors
    /// What went wrong with the rows on standard output.
    pub fn close(&self) -> anyhow::Result<()> {
        self.display.close();
        self.rows.as_ref().map_or(Ok(()), RowStream::finish)
    }
}

impl Monitor for Watch {
    fn event(&self, event: Event<'_>) {
        self.tally.add(&event);
        match &event {
            Event::Notice(notice) => self.display.message(&progress::notice(notice)),
            Event::Committed { finished } => {
                if let Some(rows) = &self.rows {
                    rows.write(finished);
                }
                for line in self.failures.lock().unwrap_or_else(PoisonError::into_inner).of(finished) {
                    self.display.failure(&line);
                }
            }
            Event::Started { .. }
            | Event::Total { .. }
            | Event::Kept { .. }
            | Event::TaskStarted { .. }
            | Event::ViewsStarted => {}
        }
        self.display.event(&event);
    }

    fn stop(&self) -> Option<Stop> {
        let is_unread = || self.rows.as_ref().is_some_and(RowStream::is_over);
        // Rows that cannot be printed end a run as Ctrl-C does; why is told when it is over.
        self.interrupts.stop().or_else(|| is_unread().then_some(Stop::Interrupted))
    }

    fn wants_total(&self) -> bool {
        self.display.wants_total()
    }

    fn wants_task_starts(&self) -> bool {
        self.display.wants_task_starts()
    }
}
