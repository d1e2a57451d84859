//! What a first-time user reads.

use expect_test::expect;

use crate::http_step::http_step;

/// The help, without the spaces that clap leaves on empty lines.
fn help(arguments: &str) -> String {
    let output = http_step(arguments).run();
    output
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

#[test]
fn program() {
    expect![[r#"
        exit code 0
        --- stdout
        Run HTTP steps of CI builds in a sandbox.

        A step is a WebAssembly component that can do one thing: make the HTTP requests that you allow.

        Usage: http-step <COMMAND>

        Commands:
          run          Run a step file, or a request to a URL
          demo         Start a service on loopback and run a step against it
          check        Check step files and policies, list what a run needs, and explain what a policy
                       allows
          inspect      Show a component's imports and exports, and whether it is a step
          compile      Compile a component before its first run
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
          2  invalid arguments, step file or policy, or a component that is not a step
          3  denied by the policy
          4  exception: network error, timeout, trap, exceeded limit, or stopped
    "#]].assert_eq(&help("--help"));
}

#[test]
fn run() {
    expect![[r#"
        exit code 0
        --- stdout
        Run a step file, or a request to a URL

        Usage: http-step run [OPTIONS] <STEP|URL>

        Arguments:
          <STEP|URL>
                  A step file in YAML or JSON (`-` for standard input), or a URL.

                  A URL given here allows its origin, even on loopback or in a private network. With
                  `--component` or `--policy` it doesn't: only `--allow` and the policy allow origins then.
                  A URL in a step file allows nothing.

        Options:
          -p, --property <NAME=VALUE>
                  A build property. The value is text. Can be repeated

              --properties <FILE>
                  Read build properties from a JSON or YAML file. Values keep their types

              --policy <FILE>
                  A policy file: what the step may reach and use. The arguments below add to it

              --allow <ORIGIN>
                  Allow an origin: `https://api.example.com`, or `https://*.example.com` for all its
                  subdomains. Can be repeated. Without `--allow` and `--policy`, the built-in step can reach
                  every public origin; otherwise only those that are allowed

              --allow-network <NETWORK>
                  Let allowed origins have addresses in this network: `10.0.0.0/8`. Can be repeated. By
                  default, names may resolve to public addresses only

              --allow-proxy <URL>
                  Let the step file use this proxy: `http://proxy.example:3128`. Can be repeated

              --proxy-from-env
                  Use the proxies in the environment: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and
                  `NO_PROXY`, in upper or lower case. By default they are ignored

              --allow-tls <WHAT>
                  Let the step file use a TLS setting: `verify-none`, `ca-file` or `client-certificate`.
                  `pinned-key` and `min-version` are always allowed. Can be repeated

              --deny <ORIGIN|HOST|NETWORK>
                  Deny an origin, a host or a network, even if something else allows it:
                  `https://api.example.com`, `*.example.com`, `10.0.0.0/8`. Can be repeated

              --allow-file <GLOB>
                  Let the step file upload files that match, by their path from its directory: `report.xml`,
                  `reports/**`. Can be repeated. Without `--policy`, the built-in step can read files that
                  are not hidden, unless the step file is standard input

              --secret <NAME=SOURCE@ORIGIN>
                  Grant a secret for requests to an origin: `TOKEN=env:API_TOKEN@https://api.example.com`,
                  or with `file:PATH`. The step uses it without seeing it: in headers, to sign requests and
                  to fetch tokens. Can be repeated, also to grant the same secret to another origin

              --secret-places <NAME=PLACES>
                  The places that a secret is granted for: `TOKEN=header,query`. Places are `header`,
                  `query`, `path`, `body`, `url`, `signature` and `token`; the default is
                  `header,signature,token`. `header` means fields for credentials, such as `Authorization`
                  or `X-Api-Key`; name any other field as `header:FIELD`. Can be repeated

              --secret-compose <NAME=PLACES>
                  The places where a secret may be part of a longer value, as in `/bot…/`: `TOKEN=path`.
                  Places are `header`, `query`, `path`, `body` and `url`. By default a secret is a whole
                  header value, path segment or field. Can be repeated

              --secret-headers <NAME=FIELDS>
                  Other header fields that requests with a secret may have, although a server may forward
                  the request to where they say: `TOKEN=X-Base-Url`. Can be repeated

              --partial-echo <ACTION>
                  What to do if a response contains a part of a secret: `report` warns, `stop` also ends the
                  run before the component sees the part. The default is `report`; use `stop` for components
                  that you don't trust

              --component <FILE.wasm>
                  Run this component instead of the built-in step. It can reach only what `--allow` or
                  `--policy` allows, not even a URL given as an argument

              --dry-run
                  Show the first request and the policy's decision, without sending anything. Secrets are
                  shown as `<HIDDEN>`; their environment variables and files are read

              --timeout <SECONDS>
                  Time limit of the step in seconds [default: 300]

              --format <FORMAT>
                  Output format

                  Possible values:
                  - text:   The log, as it is written, for people
                  - json:   The result as one JSON object
                  - ndjson: The log and the result as JSON events, one a line

                  [default: text]

          -v, --verbose...
                  Show on standard error what the host does: connections, retries, failures. With `-vv`,
                  every stage of a request. Secrets are shown as `<HIDDEN>`

          -h, --help
                  Print help (see a summary with '-h')

        With a URL:
          -X, --method <METHOD>
                  The method. The default is POST with a body, otherwise GET

          -H, --header <NAME: VALUE>
                  A header. Can be repeated

          -d, --data <NAME=VALUE>
                  A form field. Name and value are percent-encoded, so `&` and `%` need no escaping. Can be
                  repeated. `@FILE` sends a file in this directory as the body, unchanged; `@-` sends
                  standard input

              --json <JSON>
                  A JSON body: the text, `@FILE` or `@-`

          -F, --form <NAME=VALUE>
                  A part of a multipart form: `NAME=VALUE`, `NAME=@FILE`, or `NAME=<FILE` for a field with
                  the file's content. `;type=…` and `;filename=…` can follow. Can be repeated

          -u, --user <USER:PASSWORD>
                  User name and password for Basic authentication. Every user of the machine can see them in
                  the process list: for a secret password, write `${{ secret.NAME }}` and use `--secret`

              --hide-request-header <NAME>
                  Hide the value of this request header in the log. Can be repeated

              --hide-response-header <NAME>
                  Hide the value of this response header in the log. Can be repeated

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
        Run a step file, or a request to a URL

        Usage: http-step run [OPTIONS] <STEP|URL>

        Arguments:
          <STEP|URL>  A step file in YAML or JSON (`-` for standard input), or a URL

        Options:
          -p, --property <NAME=VALUE>         A build property. The value is text. Can be repeated
              --properties <FILE>             Read build properties from a JSON or YAML file. Values keep
                                              their types
              --policy <FILE>                 A policy file: what the step may reach and use. The arguments
                                              below add to it
              --allow <ORIGIN>                Allow an origin: `https://api.example.com`, or
                                              `https://*.example.com` for all its subdomains. Can be
                                              repeated. Without `--allow` and `--policy`, the built-in step
                                              can reach every public origin; otherwise only those that are
                                              allowed
              --allow-network <NETWORK>       Let allowed origins have addresses in this network:
                                              `10.0.0.0/8`. Can be repeated. By default, names may resolve
                                              to public addresses only
              --allow-proxy <URL>             Let the step file use this proxy: `http://proxy.example:3128`.
                                              Can be repeated
              --proxy-from-env                Use the proxies in the environment: `HTTP_PROXY`,
                                              `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower
                                              case. By default they are ignored
              --allow-tls <WHAT>              Let the step file use a TLS setting: `verify-none`, `ca-file`
                                              or `client-certificate`. `pinned-key` and `min-version` are
                                              always allowed. Can be repeated
              --deny <ORIGIN|HOST|NETWORK>    Deny an origin, a host or a network, even if something else
                                              allows it: `https://api.example.com`, `*.example.com`,
                                              `10.0.0.0/8`. Can be repeated
              --allow-file <GLOB>             Let the step file upload files that match, by their path from
                                              its directory: `report.xml`, `reports/**`. Can be repeated.
                                              Without `--policy`, the built-in step can read files that are
                                              not hidden, unless the step file is standard input
              --secret <NAME=SOURCE@ORIGIN>   Grant a secret for requests to an origin:
                                              `TOKEN=env:API_TOKEN@https://api.example.com`, or with
                                              `file:PATH`. The step uses it without seeing it: in headers,
                                              to sign requests and to fetch tokens. Can be repeated, also to
                                              grant the same secret to another origin
              --secret-places <NAME=PLACES>   The places that a secret is granted for: `TOKEN=header,query`.
                                              Places are `header`, `query`, `path`, `body`, `url`,
                                              `signature` and `token`; the default is
                                              `header,signature,token`. `header` means fields for
                                              credentials, such as `Authorization` or `X-Api-Key`; name any
                                              other field as `header:FIELD`. Can be repeated
              --secret-compose <NAME=PLACES>  The places where a secret may be part of a longer value, as in
                                              `/bot…/`: `TOKEN=path`. Places are `header`, `query`, `path`,
                                              `body` and `url`. By default a secret is a whole header value,
                                              path segment or field. Can be repeated
              --secret-headers <NAME=FIELDS>  Other header fields that requests with a secret may have,
                                              although a server may forward the request to where they say:
                                              `TOKEN=X-Base-Url`. Can be repeated
              --partial-echo <ACTION>         What to do if a response contains a part of a secret: `report`
                                              warns, `stop` also ends the run before the component sees the
                                              part. The default is `report`; use `stop` for components that
                                              you don't trust
              --component <FILE.wasm>         Run this component instead of the built-in step. It can reach
                                              only what `--allow` or `--policy` allows, not even a URL given
                                              as an argument
              --dry-run                       Show the first request and the policy's decision, without
                                              sending anything. Secrets are shown as `<HIDDEN>`; their
                                              environment variables and files are read
              --timeout <SECONDS>             Time limit of the step in seconds [default: 300]
              --format <FORMAT>               Output format [default: text] [possible values: text, json,
                                              ndjson]
          -v, --verbose...                    Show on standard error what the host does: connections,
                                              retries, failures. With `-vv`, every stage of a request.
                                              Secrets are shown as `<HIDDEN>`
          -h, --help                          Print help (see more with '--help')

        With a URL:
          -X, --method <METHOD>              The method. The default is POST with a body, otherwise GET
          -H, --header <NAME: VALUE>         A header. Can be repeated
          -d, --data <NAME=VALUE>            A form field. Name and value are percent-encoded, so `&` and
                                             `%` need no escaping. Can be repeated. `@FILE` sends a file in
                                             this directory as the body, unchanged; `@-` sends standard
                                             input
              --json <JSON>                  A JSON body: the text, `@FILE` or `@-`
          -F, --form <NAME=VALUE>            A part of a multipart form: `NAME=VALUE`, `NAME=@FILE`, or
                                             `NAME=<FILE` for a field with the file's content. `;type=…` and
                                             `;filename=…` can follow. Can be repeated
          -u, --user <USER:PASSWORD>         User name and password for Basic authentication. Every user of
                                             the machine can see them in the process list: for a secret
                                             password, write `${{ secret.NAME }}` and use `--secret`
              --hide-request-header <NAME>   Hide the value of this request header in the log. Can be
                                             repeated
              --hide-response-header <NAME>  Hide the value of this response header in the log. Can be
                                             repeated
    "#]].assert_eq(&help("run -h"));
}

#[test]
fn other_subcommands() {
    expect![[r#"
        exit code 0
        --- stdout
        Check step files and policies, list what a run needs, and explain what a policy allows

        Usage: http-step check [OPTIONS] [STEP|URL]...

        Arguments:
          [STEP|URL]...  Step files to check (`-` for standard input). Lists what their runs need:
                         properties, secrets, files and origins. With `--policy`, URLs are checked too:
                         whether the policy allows them, and which line does. With a policy alone, the
                         policy is explained

        Options:
          -p, --property <NAME=VALUE>         A build property. The value is text. Can be repeated
              --properties <FILE>             Read build properties from a JSON or YAML file. Values keep
                                              their types
              --policy <FILE>                 A policy file: what the step may reach and use. The arguments
                                              below add to it
              --allow <ORIGIN>                Allow an origin: `https://api.example.com`, or
                                              `https://*.example.com` for all its subdomains. Can be
                                              repeated. Without `--allow` and `--policy`, the built-in step
                                              can reach every public origin; otherwise only those that are
                                              allowed
              --allow-network <NETWORK>       Let allowed origins have addresses in this network:
                                              `10.0.0.0/8`. Can be repeated. By default, names may resolve
                                              to public addresses only
              --allow-proxy <URL>             Let the step file use this proxy: `http://proxy.example:3128`.
                                              Can be repeated
              --proxy-from-env                Use the proxies in the environment: `HTTP_PROXY`,
                                              `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower
                                              case. By default they are ignored
              --allow-tls <WHAT>              Let the step file use a TLS setting: `verify-none`, `ca-file`
                                              or `client-certificate`. `pinned-key` and `min-version` are
                                              always allowed. Can be repeated
              --deny <ORIGIN|HOST|NETWORK>    Deny an origin, a host or a network, even if something else
                                              allows it: `https://api.example.com`, `*.example.com`,
                                              `10.0.0.0/8`. Can be repeated
              --allow-file <GLOB>             Let the step file upload files that match, by their path from
                                              its directory: `report.xml`, `reports/**`. Can be repeated.
                                              Without `--policy`, the built-in step can read files that are
                                              not hidden, unless the step file is standard input
              --secret <NAME=SOURCE@ORIGIN>   Grant a secret for requests to an origin:
                                              `TOKEN=env:API_TOKEN@https://api.example.com`, or with
                                              `file:PATH`. The step uses it without seeing it: in headers,
                                              to sign requests and to fetch tokens. Can be repeated, also to
                                              grant the same secret to another origin
              --secret-places <NAME=PLACES>   The places that a secret is granted for: `TOKEN=header,query`.
                                              Places are `header`, `query`, `path`, `body`, `url`,
                                              `signature` and `token`; the default is
                                              `header,signature,token`. `header` means fields for
                                              credentials, such as `Authorization` or `X-Api-Key`; name any
                                              other field as `header:FIELD`. Can be repeated
              --secret-compose <NAME=PLACES>  The places where a secret may be part of a longer value, as in
                                              `/bot…/`: `TOKEN=path`. Places are `header`, `query`, `path`,
                                              `body` and `url`. By default a secret is a whole header value,
                                              path segment or field. Can be repeated
              --secret-headers <NAME=FIELDS>  Other header fields that requests with a secret may have,
                                              although a server may forward the request to where they say:
                                              `TOKEN=X-Base-Url`. Can be repeated
              --partial-echo <ACTION>         What to do if a response contains a part of a secret: `report`
                                              warns, `stop` also ends the run before the component sees the
                                              part. The default is `report`; use `stop` for components that
                                              you don't trust
          -X, --method <METHOD>               The method of the requests to the URLs [default: GET]
          -h, --help                          Print help (see more with '--help')
    "#]]
    .assert_eq(&help("check -h"));
    expect![[r#"
        exit code 0
        --- stdout
        Start a service on loopback and run a step against it

        Usage: http-step demo [OPTIONS]

        Options:
              --format <FORMAT>  Output format [default: text] [possible values: text, json, ndjson]
          -h, --help             Print help (see more with '--help')
    "#]]
    .assert_eq(&help("demo -h"));
    expect![[r#"
        exit code 0
        --- stdout
        Show a component's imports and exports, and whether it is a step

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

        Editors with the YAML language server apply the schema to files that start with this
        line. The path is absolute, or relative to the file:
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
    let output = help("").replace("exit code 2\n--- stderr", "exit code 0\n--- stdout");
    assert_eq!(output, help("-h"));
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
fn an_unknown_subcommand() {
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
        error: a subcommand is missing: use `http-step run …` to run a step file or a URL

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
