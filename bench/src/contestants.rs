//! The contestants: the empty function, one that only makes a call, this project's three, and for
//! each of them one with the vendor's official SDK in Python and one in Node.js.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use crate::setting::Setting;

const DESCRIBE: Work = Work {
    event: r#"{"provider":"tencent-mqtt","region":"ap-guangzhou","instance_id":"mqtt-qgzaawn9","limit":100}"#,
    expected: (
        "/certificates/0/serial_number",
        "0eef68a582b94254296e54ce754f94d707a59913",
    ),
};
const INACTIVATE: Work = Work {
    event: r#"{"provider":"alibaba-mqtt","region":"cn-hangzhou","instance_id":"post-cn-7mz2d0000","reason":"device reported stolen","certificates":[{"serial_number":"8085f52ece5bd88308df6d98d9707716","ca_serial_number":"1b1e3bf3702110125887a3a721a7e66f05522513"}]}"#,
    expected: ("/results/0/outcome", "already_inactive"),
};
const STATUS: Work = Work {
    event: r#"{"provider":"alibaba-pca","region":"cn-hangzhou","certificates":[{"serial_number":"b67e53ebcea9b77d65b0c3236646d7150001"}]}"#,
    expected: ("/results/0/status", "good"),
};

/// The work of answering with a member of the event itself.
const ITS_EVENT: Work = Work {
    event: STATUS.event,
    expected: ("/provider", "alibaba-pca"),
};

/// The variables that Lambda sets and that some contestant reads.
const LAMBDA_VARIABLES: [(&str, &str); 10] = [
    ("AWS_DEFAULT_REGION", "eu-west-1"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench"),
    (
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "2026/01/01/[$LATEST]7d5e8c1f0a3b4c6d9e2f1a0b3c5d7e9f",
    ),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
    (
        "AWS_SECRET_ACCESS_KEY",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ),
    ("AWS_SESSION_TOKEN", ""),
];

/// The variables that a person sets, the same for all contestants.
const OWN_VARIABLES: [(&str, &str); 7] = [
    (
        "TENCENTCLOUD_SECRET_ID",
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
    ),
    (
        "TENCENTCLOUD_SECRET_KEY",
        "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
    ),
    ("TENCENTCLOUD_REGION", "ap-guangzhou"),
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tEXAMPLEEXAMPLEEXAM"),
    (
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "EXAMPLEexampleEXAMPLEexample30",
    ),
    ("ALIBABA_CLOUD_REGION_ID", "cn-hangzhou"),
    (
        "INACTIVATE_ALLOWED_INSTANCES",
        "post-cn-7mz2d0000,mqtt-qgzaawn9,aws-iot",
    ),
];

/// The request to a contestant.
#[derive(Clone, Copy)]
struct Work {
    event: &'static str,
    /// The JSON pointer of a value in the answer, and the value, which comes from the provider.
    expected: (&'static str, &'static str),
}

/// A function that is measured.
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    kind: Kind,
    pub(crate) event: &'static str,
    pub(crate) expected: (&'static str, &'static str),
    /// Number of calls to the provider in one invocation.
    pub(crate) calls: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    Rust,
    /// Another build of this project's functions.
    Other,
    Python,
    Node,
}

/// All contestants. The others are compared with the first.
pub(crate) fn all() -> Vec<Contestant> {
    use Kind::{Node, Other, Python, Rust};
    let of = |name, kind, work: Work| Contestant {
        name,
        kind,
        event: work.event,
        expected: work.expected,
        calls: 1,
    };
    vec![
        Contestant {
            calls: 0,
            ..of("empty", Rust, ITS_EVENT)
        },
        of("call", Rust, ITS_EVENT),
        of("describe", Rust, DESCRIBE),
        of("inactivate", Rust, INACTIVATE),
        of("status", Rust, STATUS),
        of("other-describe", Other, DESCRIBE),
        of("other-inactivate", Other, INACTIVATE),
        of("other-status", Other, STATUS),
        of("python-describe", Python, DESCRIBE),
        of("python-inactivate", Python, INACTIVATE),
        of("python-status", Python, STATUS),
        of("node-describe", Node, DESCRIBE),
        of("node-inactivate", Node, INACTIVATE),
        of("node-status", Node, STATUS),
    ]
}

impl Contestant {
    /// Whether it takes part only when requested.
    pub(crate) fn is_optional(&self) -> bool {
        matches!(self.kind, Kind::Other)
    }

    /// Copies the binary of a Rust function to the folder where it is started. A new file, as Lambda
    /// unpacks one, starts faster than the file that the linker has left in the page cache.
    pub(crate) fn install(&self, setting: &Setting) -> io::Result<()> {
        let built = match self.kind {
            Kind::Rust => setting.root.join("target/release").join(self.name),
            Kind::Other => match &setting.other {
                Some(folder) => folder.join(self.name.trim_start_matches("other-")),
                None => return Ok(()),
            },
            Kind::Python | Kind::Node => return Ok(()),
        };
        let folder = setting.output.join("bin");
        fs::create_dir_all(&folder)?;
        let file = folder.join(self.name);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // A missing binary is reported together with everything else that is missing.
        if built.is_file() {
            fs::copy(built, file).map(drop)
        } else {
            Ok(())
        }
    }

    /// Whether its program, folder and module exist.
    pub(crate) fn is_installed(&self, setting: &Setting) -> bool {
        let (program, arguments, folder) = self.parts(setting);
        let module = arguments
            .first()
            .filter(|argument| argument.starts_with('/'));
        program.is_file()
            && folder.is_dir()
            && module.is_none_or(|module| Path::new(module).is_file())
    }

    /// The size of its zip file for Lambda, in bytes.
    pub(crate) fn zip_size(&self, setting: &Setting) -> Option<u64> {
        let zip = setting
            .output
            .join("zip")
            .join(format!("{}.zip", self.name));
        Some(zip.metadata().ok()?.len())
    }

    /// The command that starts it.
    pub(crate) fn command(&self, setting: &Setting, runtime_api: &str) -> Command {
        let (program, arguments, folder) = self.parts(setting);
        let mut command = Command::new(program);
        command
            .args(&arguments)
            .current_dir(&folder)
            .env_clear()
            .envs(LAMBDA_VARIABLES)
            .envs(OWN_VARIABLES);
        command
            .env("AWS_LAMBDA_FUNCTION_NAME", self.name)
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api);
        command.env("LAMBDA_TASK_ROOT", &folder).env(
            "_HANDLER",
            arguments.last().map_or("bootstrap", String::as_str),
        );
        command
            .env("LANG", "en_US.UTF-8")
            .env("TZ", ":UTC")
            .env("PATH", "/usr/local/bin:/usr/bin:/bin");
        for endpoint in [
            "TENCENT_MQTT_ENDPOINT",
            "ALIBABA_MQTT_ENDPOINT",
            "ALIBABA_CAS_ENDPOINT",
        ] {
            command.env(endpoint, &setting.endpoint);
        }
        match self.kind {
            Kind::Rust | Kind::Other => command.env("SSL_CERT_FILE", &setting.root_file),
            Kind::Python => command
                .env("ALL_ROOTS_FILE", &setting.all_roots_file)
                .env("ROOT_FILE", &setting.root_file),
            Kind::Node => command.env("NODE_EXTRA_CA_CERTS", &setting.root_file),
        };
        let provider = match self.name.rsplit('-').next() {
            Some("describe") => "tencent-mqtt",
            Some("inactivate") => "alibaba-mqtt",
            _ => "alibaba-pca",
        };
        command.env("DEFAULT_PROVIDER", provider);
        command
    }

    /// Its program, the arguments, and its folder.
    fn parts(&self, setting: &Setting) -> (PathBuf, Vec<String>, PathBuf) {
        let operation = self.name.rsplit('-').next().unwrap_or_default();
        match self.kind {
            Kind::Rust | Kind::Other => (
                setting.output.join("bin").join(self.name),
                Vec::new(),
                setting.output.clone(),
            ),
            Kind::Python => {
                let arguments = vec![
                    "-m".to_owned(),
                    "awslambdaric".to_owned(),
                    format!("{operation}.handler"),
                ];
                (
                    setting.root.join(".tools/bench/bin/python"),
                    arguments,
                    setting.root.join("bench/peers/python"),
                )
            }
            Kind::Node => {
                let client = setting
                    .root
                    .join(".tools/bench-node/node_modules/aws-lambda-ric/bin/index.mjs");
                let arguments = vec![client.display().to_string(), "index.handler".to_owned()];
                (on_path("node"), arguments, setting.output.join(self.name))
            }
        }
    }
}

/// The path of a program. It is searched for here, so that the search is not part of a measured start.
fn on_path(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .unwrap_or_default()
}
