//! The numbers of `template.yaml`, read line by line.

use std::path::Path;

/// The parameters' defaults and a few numbers of the template.
pub(crate) struct Template(String);

impl Template {
    /// Reads the template at the root of the workspace.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let file = root.join("template.yaml");
        std::fs::read_to_string(&file)
            .map(Self)
            .map_err(|error| format!("{}: {error}", file.display()))
    }

    /// A parameter's default value.
    pub(crate) fn default(&self, parameter: &str) -> Result<String, String> {
        let missing = || format!("template.yaml has no parameter {parameter} with a default");
        let (_, rest) = self
            .0
            .split_once(&format!("\n  {parameter}:"))
            .ok_or_else(missing)?;
        let (_, value) = rest.split_once("Default: ").ok_or_else(missing)?;
        let value = match value.strip_prefix('"') {
            // A quoted text may continue in further lines, each behind a backslash.
            Some(quoted) => quoted
                .split_once('"')
                .map(|(text, _)| text)
                .unwrap_or_default(),
            None => value.split([',', '}', '\n']).next().unwrap_or_default(),
        };
        Ok(value.split("\\\n").map(str::trim).collect())
    }

    /// The first number behind a name, such as `Timeout`.
    pub(crate) fn number(&self, name: &str) -> Result<u64, String> {
        let digits = self.0.split_once(&format!("{name}: ")).map(|(_, rest)| {
            rest.split(|c: char| !c.is_ascii_digit())
                .next()
                .unwrap_or_default()
        });
        digits
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| format!("template.yaml has no number {name}"))
    }

    /// The variables by which a function's calls are limited.
    pub(crate) fn limits(&self, function: &str) -> Result<Vec<(String, String)>, String> {
        let title = title(function);
        let of = |variable: &str, parameter: &str| {
            Ok::<_, String>((
                variable.to_owned(),
                self.default(&format!("{title}{parameter}"))?,
            ))
        };
        Ok(vec![
            of("CALLS_PER_SECOND", "CallsPerSecond")?,
            of("RESERVED_CONCURRENCY", "Concurrency")?,
            of("QUEUE_CONCURRENCY", "QueueConcurrency")?,
        ])
    }

    /// Maximum number of calls in a second to an action, for a function's queue and for all other events.
    pub(crate) fn share(&self, function: &str, action: &str) -> Result<(f64, f64), String> {
        let list = self.default(&format!("{}CallsPerSecond", title(function)))?;
        let share = list
            .split(',')
            .find_map(|item| item.strip_prefix(action)?.strip_prefix('='));
        let read = || {
            let (queue, callers) = share?.split_once('+')?;
            Some((queue.parse().ok()?, callers.parse().ok()?))
        };
        read().ok_or_else(|| format!("template.yaml gives {function} no share of {action}"))
    }
}

fn title(function: &str) -> String {
    let mut characters = function.chars();
    characters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + characters.as_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_template_are_read() {
        let template = Template::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
        for function in ["describe", "inactivate", "status"] {
            let limits = template.limits(function).unwrap();
            assert!(
                limits[0]
                    .1
                    .contains("tencent-mqtt:DescribeDeviceCertificates=")
                    && !limits[0].1.contains(' '),
                "{}",
                limits[0].1
            );
            let [reserved, queue] = [1, 2].map(|index| limits[index].1.parse::<u32>().unwrap());
            assert!(queue < reserved);
        }
        let (queue, callers) = template
            .share("inactivate", "tencent-mqtt:DeactivateDeviceCertificate")
            .unwrap();
        assert!(queue > 0.0 && callers > 0.0);
        assert!(
            template.number("Timeout").unwrap() < 30
                && template.number("maxReceiveCount").unwrap() > 1
        );
        assert!(
            template.default("NoSuchParameter").is_err()
                && template
                    .share("status", "aws-iot:UpdateCertificate")
                    .is_err()
        );
    }
}
