//! What a first-time user reads.

use expect_test::expect;

use crate::http_step::http_step;

/// The help, without the spaces that clap leaves on empty lines.
fn help(arguments: &str) -> String {
    let told = http_step(arguments).run();
    told.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

#[test]
fn of_the_program() {
    expect![[r#"
        exit code 0
        --- stdout
        Run HTTP steps of CI builds in a sandbox.

        A step is a WebAssembly component that can do one thing: make the HTTP requests that you allow.

        Usage: http-step <COMMAND>

        Commands:
          run          Run a step file, or a request typed as a URL
          demo         Start a service on loopback and run a step against it
          check        Check step files and policies: what is wrong with them, what a run needs, and what a
                       policy allows
          inspect      Show what a component imports and exports, and whether it is a step
          compile      Compile a component ahead of its first run
          schema       Print the JSON Schema of step files or policies, for editors
          completions  Print a completion script for a shell
          help         Print this message or the help of the given subcommand(s)

        Options:
          -h, --help
                  Print help (see a summary with '-h')

          -V, --version
                  Print version

        Exit codes:
          0  success or warnings
          1  the step judged the response a failure
          2  bad arguments, a bad step file or policy, or a component that is no step
          3  denied by the policy
          4  exception: network, time-out, trap, a limit, or stopped
    "#]].assert_eq(&help("--help"));
}

#[test]
fn of_run() {
    expect![[r#"
        exit code 0
        --- stdout
        Run a step file, or a request typed as a URL

        Usage: http-step run [OPTIONS] <STEP|URL>

        Arguments:
          <STEP|URL>
                  A step file in YAML or JSON (`-`: standard input), or a URL.

                  To type a URL is to allow its origin, also on loopback or in a private network. With
                  `--component` or `--policy` it is not: then only `--allow` and the policy say what may be
                  reached. A URL in a step file grants nothing.

        Options:
          -p, --property <NAME=VALUE>
                  A build property; the value is text. Can be repeated

              --properties <FILE>
                  Build properties from a JSON or YAML file; values keep their types

              --policy <FILE>
                  A policy file: what may be reached, and how much may be used. The arguments below add to
                  it

              --allow <ORIGIN>
                  Origins that may be reached: `https://api.example.com`, or `https://*.example.com` for all
                  below. Can be repeated. Without any, and without `--policy`, the built-in step may reach
                  every public one; with one, only those

              --allow-network <NETWORK>
                  A network whose addresses allowed origins may have: `10.0.0.0/8`. Can be repeated. By
                  default a name may lead to public addresses alone

              --allow-proxy <URL>
                  A proxy that the step file may name: `http://proxy.example:3128`. Can be repeated

              --proxy-from-env
                  Use the proxies of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, or of the same
                  in small letters. Without this they are not used

              --allow-tls <WHAT>
                  What the step file may ask of TLS: `verify-none`, `ca-file`, `client-certificate`;
                  `pinned-key` and `min-version` it may without. Can be repeated

              --deny <ORIGIN|HOST|NETWORK>
                  Origins, hosts or networks that may not be reached, whatever allows them:
                  `https://api.example.com`, `*.example.com`, `10.0.0.0/8`. Can be repeated

              --allow-file <GLOB>
                  Files that the step file may name, by their paths from its directory: `report.xml`,
                  `reports/**`. Can be repeated. Without `--policy`, the built-in step may read those that
                  are not hidden, if the step file is no standard input

              --secret <NAME=SOURCE@ORIGIN>
                  A secret that the step may use without seeing it, in requests to one origin:
                  `TOKEN=env:API_TOKEN@https://api.example.com`, or with `file:PATH`. Can be repeated, also
                  for one more origin. It may be in headers, sign requests and fetch tokens

              --secret-places <NAME=PLACES>
                  Where a secret of `--secret` may be: `TOKEN=header,query`, of `header`, `query`, `path`,
                  `body`, `url`, `signature` and `token`; `header`, `signature` and `token` by default. Can
                  be repeated

              --secret-compose <NAME=PLACES>
                  Where a secret of `--secret` may stand beside other text, as in `/bot…/`: `TOKEN=path`, of
                  `header`, `query`, `path`, `body` and `url`. By default it is a whole header, path segment
                  or field. Can be repeated

              --partial-echo <ACTION>
                  What happens when a response has a part of a secret in it: `report` warns, `stop` also
                  ends the run before the component sees the part. `report` by default; `stop` is for
                  components that you do not trust

              --component <FILE.wasm>
                  A component to run instead of the built-in step. It may reach nothing but what `--allow`
                  or `--policy` says, not even a URL that is typed

              --dry-run
                  Show the request and what the policy says of it, and send nothing. Secrets read
                  `<HIDDEN>`; the environment and the files they are in are read

              --timeout <SECONDS>
                  The step's time limit in seconds; 300 by default

              --format <FORMAT>
                  How the run is shown

                  Possible values:
                  - text:   The log, as it is written
                  - json:   The result as one JSON object
                  - ndjson: The log and the result as JSON, an event a line

                  [default: text]

          -h, --help
                  Print help (see a summary with '-h')

        With a URL:
          -X, --method <METHOD>
                  The method; POST with a body, else GET

          -H, --header <NAME: VALUE>
                  A header. Can be repeated

          -d, --data <NAME=VALUE>
                  A field of a form; both halves are encoded, so `&` and `%` in them are sent as they are
                  meant. Can be repeated. `@FILE` is the whole body instead, as it is in that file, below
                  this directory; `@-` is standard input

              --json <JSON>
                  A JSON body, or `@FILE`, or `@-`, with it

          -F, --form <NAME=VALUE>
                  A part of a multipart form: `NAME=VALUE`, `NAME=@FILE`, or `NAME=<FILE` for a field with
                  that content; `;type=…` and `;filename=…` may follow. Can be repeated

          -u, --user <USER:PASSWORD>
                  The user name and the password, for Basic authentication. Who lists the machine's
                  processes sees them: a password that is a secret is `${{ secret.NAME }}`, with `--secret`

              --hide-request-header <NAME>
                  A request header whose value the log hides. Can be repeated

              --hide-response-header <NAME>
                  A response header whose value the log hides. Can be repeated

        Examples:
          http-step run step.yaml -p buildername=linux -p branch=main
          http-step run https://ci.example.com/status
          http-step run http://127.0.0.1:8080/builds --json '{"state": "done"}'
          http-step run https://ci.example.com/hook -u 'joe:${{ secret.PASSWORD }}' --secret
          PASSWORD=env:PASSWORD@https://ci.example.com
          jq -n --arg branch "$BRANCH" '{branch: $branch}' | http-step run https://ci.example.com/builds
          --json @-
          http-step run https://ci.example.com/status --format json | jq -j '.log | .[(map(.stream) |
          rindex("stdout")):][] | select(.stream == "content").text'
    "#]].assert_eq(&help("run --help"));
    expect![[r#"
        exit code 0
        --- stdout
        Run a step file, or a request typed as a URL

        Usage: http-step run [OPTIONS] <STEP|URL>

        Arguments:
          <STEP|URL>  A step file in YAML or JSON (`-`: standard input), or a URL

        Options:
          -p, --property <NAME=VALUE>         A build property; the value is text. Can be repeated
              --properties <FILE>             Build properties from a JSON or YAML file; values keep their
                                              types
              --policy <FILE>                 A policy file: what may be reached, and how much may be used.
                                              The arguments below add to it
              --allow <ORIGIN>                Origins that may be reached: `https://api.example.com`, or
                                              `https://*.example.com` for all below. Can be repeated.
                                              Without any, and without `--policy`, the built-in step may
                                              reach every public one; with one, only those
              --allow-network <NETWORK>       A network whose addresses allowed origins may have:
                                              `10.0.0.0/8`. Can be repeated. By default a name may lead to
                                              public addresses alone
              --allow-proxy <URL>             A proxy that the step file may name:
                                              `http://proxy.example:3128`. Can be repeated
              --proxy-from-env                Use the proxies of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`
                                              and `NO_PROXY`, or of the same in small letters. Without this
                                              they are not used
              --allow-tls <WHAT>              What the step file may ask of TLS: `verify-none`, `ca-file`,
                                              `client-certificate`; `pinned-key` and `min-version` it may
                                              without. Can be repeated
              --deny <ORIGIN|HOST|NETWORK>    Origins, hosts or networks that may not be reached, whatever
                                              allows them: `https://api.example.com`, `*.example.com`,
                                              `10.0.0.0/8`. Can be repeated
              --allow-file <GLOB>             Files that the step file may name, by their paths from its
                                              directory: `report.xml`, `reports/**`. Can be repeated.
                                              Without `--policy`, the built-in step may read those that are
                                              not hidden, if the step file is no standard input
              --secret <NAME=SOURCE@ORIGIN>   A secret that the step may use without seeing it, in requests
                                              to one origin: `TOKEN=env:API_TOKEN@https://api.example.com`,
                                              or with `file:PATH`. Can be repeated, also for one more
                                              origin. It may be in headers, sign requests and fetch tokens
              --secret-places <NAME=PLACES>   Where a secret of `--secret` may be: `TOKEN=header,query`, of
                                              `header`, `query`, `path`, `body`, `url`, `signature` and
                                              `token`; `header`, `signature` and `token` by default. Can be
                                              repeated
              --secret-compose <NAME=PLACES>  Where a secret of `--secret` may stand beside other text, as
                                              in `/bot…/`: `TOKEN=path`, of `header`, `query`, `path`,
                                              `body` and `url`. By default it is a whole header, path
                                              segment or field. Can be repeated
              --partial-echo <ACTION>         What happens when a response has a part of a secret in it:
                                              `report` warns, `stop` also ends the run before the component
                                              sees the part. `report` by default; `stop` is for components
                                              that you do not trust
              --component <FILE.wasm>         A component to run instead of the built-in step. It may reach
                                              nothing but what `--allow` or `--policy` says, not even a URL
                                              that is typed
              --dry-run                       Show the request and what the policy says of it, and send
                                              nothing. Secrets read `<HIDDEN>`; the environment and the
                                              files they are in are read
              --timeout <SECONDS>             The step's time limit in seconds; 300 by default
              --format <FORMAT>               How the run is shown [default: text] [possible values: text,
                                              json, ndjson]
          -h, --help                          Print help (see more with '--help')

        With a URL:
          -X, --method <METHOD>              The method; POST with a body, else GET
          -H, --header <NAME: VALUE>         A header. Can be repeated
          -d, --data <NAME=VALUE>            A field of a form; both halves are encoded, so `&` and `%` in
                                             them are sent as they are meant. Can be repeated. `@FILE` is
                                             the whole body instead, as it is in that file, below this
                                             directory; `@-` is standard input
              --json <JSON>                  A JSON body, or `@FILE`, or `@-`, with it
          -F, --form <NAME=VALUE>            A part of a multipart form: `NAME=VALUE`, `NAME=@FILE`, or
                                             `NAME=<FILE` for a field with that content; `;type=…` and
                                             `;filename=…` may follow. Can be repeated
          -u, --user <USER:PASSWORD>         The user name and the password, for Basic authentication. Who
                                             lists the machine's processes sees them: a password that is a
                                             secret is `${{ secret.NAME }}`, with `--secret`
              --hide-request-header <NAME>   A request header whose value the log hides. Can be repeated
              --hide-response-header <NAME>  A response header whose value the log hides. Can be repeated
    "#]].assert_eq(&help("run -h"));
}

#[test]
fn of_the_other_subcommands() {
    expect![[r#"
        exit code 0
        --- stdout
        Check step files and policies: what is wrong with them, what a run needs, and what a policy allows

        Usage: http-step check [OPTIONS] [STEP|URL]...

        Arguments:
          [STEP|URL]...  Step files to check (`-`: standard input), to tell what their runs need:
                         properties, secrets, files and origins. With `--policy` also URLs, to tell whether
                         the policy allows them, and by which line; with a policy and nothing else, the
                         policy is explained

        Options:
          -p, --property <NAME=VALUE>         A build property; the value is text. Can be repeated
              --properties <FILE>             Build properties from a JSON or YAML file; values keep their
                                              types
              --policy <FILE>                 A policy file: what may be reached, and how much may be used.
                                              The arguments below add to it
              --allow <ORIGIN>                Origins that may be reached: `https://api.example.com`, or
                                              `https://*.example.com` for all below. Can be repeated.
                                              Without any, and without `--policy`, the built-in step may
                                              reach every public one; with one, only those
              --allow-network <NETWORK>       A network whose addresses allowed origins may have:
                                              `10.0.0.0/8`. Can be repeated. By default a name may lead to
                                              public addresses alone
              --allow-proxy <URL>             A proxy that the step file may name:
                                              `http://proxy.example:3128`. Can be repeated
              --proxy-from-env                Use the proxies of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`
                                              and `NO_PROXY`, or of the same in small letters. Without this
                                              they are not used
              --allow-tls <WHAT>              What the step file may ask of TLS: `verify-none`, `ca-file`,
                                              `client-certificate`; `pinned-key` and `min-version` it may
                                              without. Can be repeated
              --deny <ORIGIN|HOST|NETWORK>    Origins, hosts or networks that may not be reached, whatever
                                              allows them: `https://api.example.com`, `*.example.com`,
                                              `10.0.0.0/8`. Can be repeated
              --allow-file <GLOB>             Files that the step file may name, by their paths from its
                                              directory: `report.xml`, `reports/**`. Can be repeated.
                                              Without `--policy`, the built-in step may read those that are
                                              not hidden, if the step file is no standard input
              --secret <NAME=SOURCE@ORIGIN>   A secret that the step may use without seeing it, in requests
                                              to one origin: `TOKEN=env:API_TOKEN@https://api.example.com`,
                                              or with `file:PATH`. Can be repeated, also for one more
                                              origin. It may be in headers, sign requests and fetch tokens
              --secret-places <NAME=PLACES>   Where a secret of `--secret` may be: `TOKEN=header,query`, of
                                              `header`, `query`, `path`, `body`, `url`, `signature` and
                                              `token`; `header`, `signature` and `token` by default. Can be
                                              repeated
              --secret-compose <NAME=PLACES>  Where a secret of `--secret` may stand beside other text, as
                                              in `/bot…/`: `TOKEN=path`, of `header`, `query`, `path`,
                                              `body` and `url`. By default it is a whole header, path
                                              segment or field. Can be repeated
              --partial-echo <ACTION>         What happens when a response has a part of a secret in it:
                                              `report` warns, `stop` also ends the run before the component
                                              sees the part. `report` by default; `stop` is for components
                                              that you do not trust
          -X, --method <METHOD>               The method of the requests to the URLs; GET by default
                                              [default: GET]
          -h, --help                          Print help (see more with '--help')
    "#]]
    .assert_eq(&help("check -h"));
    expect![[r#"
        exit code 0
        --- stdout
        Start a service on loopback and run a step against it

        Usage: http-step demo [OPTIONS]

        Options:
              --format <FORMAT>  How the run is shown [default: text] [possible values: text, json, ndjson]
          -h, --help             Print help (see more with '--help')
    "#]].assert_eq(&help("demo -h"));
    expect![[r#"
        exit code 0
        --- stdout
        Show what a component imports and exports, and whether it is a step

        Usage: http-step inspect <FILE.wasm>

        Arguments:
          <FILE.wasm>  The component

        Options:
          -h, --help  Print help
    "#]]
    .assert_eq(&help("inspect -h"));
    expect![[r#"
        exit code 0
        --- stdout
        Print the JSON Schema of step files or policies, for editors

        Usage: http-step schema [KIND]

        Arguments:
          [KIND]  The kind of files [default: step-file] [possible values: step-file, policy]

        Options:
          -h, --help  Print help

        Examples:
          http-step schema > step-file.schema.json
          http-step schema policy > policy.schema.json

        Editors with the YAML language server use it for files that begin with this line, in
        which the path is absolute, or relative to the file:
          # yaml-language-server: $schema=step-file.schema.json
    "#]]
    .assert_eq(&help("schema -h"));
    expect![[r#"
        exit code 0
        --- stdout
        Print a completion script for a shell

        Usage: http-step completions <SHELL>

        Arguments:
          <SHELL>  The shell [possible values: bash, elvish, fish, powershell, zsh]

        Options:
          -h, --help  Print help

        Install:
          bash:        mkdir -p ~/.local/share/bash-completion/completions
                       http-step completions bash > ~/.local/share/bash-completion/completions/http-step
          zsh:         http-step completions zsh > "${fpath[1]}/_http-step"
          fish:        http-step completions fish > ~/.config/fish/completions/http-step.fish
          powershell:  http-step completions powershell >> $PROFILE
          elvish:      http-step completions elvish >> ~/.config/elvish/rc.elv
    "#]]
    .assert_eq(&help("completions -h"));
}

#[test]
fn without_arguments() {
    let told = help("").replace("exit code 2\n--- stderr", "exit code 0\n--- stdout");
    assert_eq!(told, help("-h"));
    expect![[r#"
        exit code 2
        --- stderr
        error: the following required arguments were not provided:
          <STEP|URL>

        Usage: http-step run <STEP|URL>

        For more information, try '--help'.
    "#]]
    .assert_eq(&help("run"));
    expect![[r#"
        exit code 2
        --- stderr
        error: the following required arguments were not provided:
          <STEP|URL>...

        Usage: http-step check <STEP|URL>...

        For more information, try '--help'.
    "#]]
    .assert_eq(&help("check"));
}

#[test]
fn with_a_subcommand_that_is_none() {
    expect![[r#"
        exit code 2
        --- stderr
        error: unrecognized subcommand 'rum'

          tip: a similar subcommand exists: 'run'

        Usage: http-step <COMMAND>

        For more information, try '--help'.
    "#]]
    .assert_eq(&help("rum step.yaml"));
    expect![[r#"
        exit code 2
        --- stderr
        error: the subcommand is missing: write `http-step run …` to run a step file or a URL

        For more information, try '--help'.
    "#]]
    .assert_eq(&help("https://joe:hunter2@example.com/"));
    let file = http_step("step.yaml").file("step.yaml", "").run();
    assert_eq!(file, http_step("https://example.com/").run());
}

#[test]
fn its_version() {
    assert_eq!(
        http_step("--version").run(),
        format!(
            "exit code 0\n--- stdout\nhttp-step {}\n",
            env!("CARGO_PKG_VERSION")
        )
    );
}
