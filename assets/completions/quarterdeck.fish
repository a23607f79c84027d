# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_quarterdeck_global_optspecs
    string join \n config= state= e/env= json plain theme= ascii read-only h/help V/version
end

function __fish_quarterdeck_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_quarterdeck_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_quarterdeck_using_subcommand
    set -l cmd (__fish_quarterdeck_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -s V -l version -d 'Print version'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "status" -d 'Show every service of an environment and the runs under way'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "deploy" -d 'Run the deploy pipeline'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "verify" -d 'Run a suite, or the verify pipeline'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "rollback" -d 'Go back to an earlier release: by default the newest good one'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "run" -d 'Run any pipeline by name'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "attach" -d 'Follow a run until it ends'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "decide" -d 'Say something to a run that waits for a person'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "runs" -d 'List runs, show one, or start one from a part of another'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "log" -d 'Print the log of a run'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "logs" -d 'Print lines of services\' logs, across services in order of time'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "errors" -d 'List errors of services, each kind once, or show, triage or resolve one'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "samples" -d 'List looks at a service that failed lately, a few kinds of each probe, with what was answered'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "silence" -d 'Tell nobody of some alerts for a while, list what is silenced, or end a silence'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "ack" -d 'Say that somebody knows about an alert that fires: no repeats, no escalation; its end is told'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "alerts" -d 'List alerts that stand, explain one, replay rules over the history, or test them'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "slo" -d 'Show objectives: the budget that is left, and how fast it burns'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "releases" -d 'List releases: what can be gone back to, and why not'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "incident" -d 'Incidents: open, tell, hand over, close, write down'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "playbook" -d 'List playbooks, show one, or run a step of it'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "probe" -d 'Take one look now and print its phases, facts and verdict'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "query" -d 'Ask for a series over time: a table, JSON, CSV or a plot'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "notify" -d 'Try a channel, or see what was told and what waits'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "db" -d 'Migrate, back up and restore databases, by hand'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "watch" -d 'Watch without a screen until stopped: what the systemd unit runs'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "serve" -d 'Serve health, metrics and status over HTTP in the foreground; a watcher does so by itself where `serve` is configured'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "doctor" -d 'Look at this machine and configuration, and say what would go wrong'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "config" -d 'Check the configuration, or print its schema'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "init" -d 'Write a commented starter configuration'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "demo" -d 'See the whole loop on an embedded fleet: watch, deploy, see it go wrong, roll back'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "completions" -d 'Print completions for a shell'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "man" -d 'Print the manual page'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "exec" -d 'Set up a process, then become the command (used by Quarterdeck itself)'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "database-job" -d 'Do a step\'s work on a database (used by Quarterdeck itself)'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "runner" -d 'Hold one run to its end (used by Quarterdeck itself)'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "supervise" -d 'Be the parent of one command of a run (used by Quarterdeck itself)'
complete -c quarterdeck -n "__fish_quarterdeck_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand status" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand status" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand status" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand status" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand status" -l check -d 'Exit with 1 if a service is down'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand status" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand status" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand status" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand status" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand status" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -l pipeline -d 'The pipeline, where there is more than one of the kind' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -s p -l param -d 'A parameter' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -l confirm -d 'Start without asking where the environment\'s name must be typed' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -l on-hold -d 'What to do when the run waits for a person' -r -f -a "leave\t'Leave it waiting and exit with 8'
wait\t'Go on following until somebody decides'
rollback\t'Roll back'
stop\t'Stop it as it is'"
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -s y -l yes -d 'Start without asking'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -l dry-run -d 'Print the plan and start nothing'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -l detach -d 'Return at once with exit code 9; the run goes on'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand deploy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -l pipeline -d 'The pipeline, where there is more than one of the kind' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -s p -l param -d 'A parameter' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -l confirm -d 'Start without asking where the environment\'s name must be typed' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -l on-hold -d 'What to do when the run waits for a person' -r -f -a "leave\t'Leave it waiting and exit with 8'
wait\t'Go on following until somebody decides'
rollback\t'Roll back'
stop\t'Stop it as it is'"
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -s y -l yes -d 'Start without asking'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -l dry-run -d 'Print the plan and start nothing'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -l detach -d 'Return at once with exit code 9; the run goes on'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l to -d 'Version or run number of the release to go back to' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l reason -d 'Why: kept in the history' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l pipeline -d 'The pipeline, where there is more than one of the kind' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -s p -l param -d 'A parameter' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l confirm -d 'Start without asking where the environment\'s name must be typed' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l on-hold -d 'What to do when the run waits for a person' -r -f -a "leave\t'Leave it waiting and exit with 8'
wait\t'Go on following until somebody decides'
rollback\t'Roll back'
stop\t'Stop it as it is'"
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -s y -l yes -d 'Start without asking'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l dry-run -d 'Print the plan and start nothing'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l detach -d 'Return at once with exit code 9; the run goes on'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -l pipeline -d 'The pipeline, where there is more than one of the kind' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -s p -l param -d 'A parameter' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -l confirm -d 'Start without asking where the environment\'s name must be typed' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -l on-hold -d 'What to do when the run waits for a person' -r -f -a "leave\t'Leave it waiting and exit with 8'
wait\t'Go on following until somebody decides'
rollback\t'Roll back'
stop\t'Stop it as it is'"
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -s y -l yes -d 'Start without asking'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -l dry-run -d 'Print the plan and start nothing'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -l detach -d 'Return at once with exit code 9; the run goes on'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand attach" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand attach" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand attach" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand attach" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand attach" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand attach" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand attach" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand attach" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand attach" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -l reason -d 'Why: kept in the history' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -l item -d 'tick: which item, counted from 1 [default: the first that is open]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -l word -d 'retry: another word of the command, counted from 0 (the program). Kept in the history' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -l set -d 'retry: an environment variable of the command. Kept in the history' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand decide" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and not __fish_seen_subcommand_from fork help" -l limit -d 'How many' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and not __fish_seen_subcommand_from fork help" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and not __fish_seen_subcommand_from fork help" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and not __fish_seen_subcommand_from fork help" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and not __fish_seen_subcommand_from fork help" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and not __fish_seen_subcommand_from fork help" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and not __fish_seen_subcommand_from fork help" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and not __fish_seen_subcommand_from fork help" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and not __fish_seen_subcommand_from fork help" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and not __fish_seen_subcommand_from fork help" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and not __fish_seen_subcommand_from fork help" -a "fork" -d 'Start a new run of a part of a run\'s plan, as it was planned then'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and not __fish_seen_subcommand_from fork help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l from -d 'The step to begin with, counted from 1. What earlier steps did is not undone by the new run' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l pipeline -d 'The pipeline, where there is more than one of the kind' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -s p -l param -d 'A parameter' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l confirm -d 'Start without asking where the environment\'s name must be typed' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l on-hold -d 'What to do when the run waits for a person' -r -f -a "leave\t'Leave it waiting and exit with 8'
wait\t'Go on following until somebody decides'
rollback\t'Roll back'
stop\t'Stop it as it is'"
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l machines -d 'Only the machines that failed or were excluded'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -s y -l yes -d 'Start without asking'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l dry-run -d 'Print the plan and start nothing'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l detach -d 'Return at once with exit code 9; the run goes on'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from fork" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from help" -f -a "fork" -d 'Start a new run of a part of a run\'s plan, as it was planned then'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runs; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand log" -l tail -d 'Only the last lines' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand log" -l find -d 'Only lines with this text (any case, unless it has upper case)' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand log" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand log" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand log" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand log" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand log" -l follow -d 'Go on until the run ends'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand log" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand log" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand log" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand log" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand log" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l level -d 'Only lines at least so bad: trace, debug, info, warn, error, fatal' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l request -d 'Only lines of this request, across services' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l user -d 'Only lines of this user' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l grep -d 'Only lines with this text in message or context (any case, unless it has upper case)' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l since -d 'Only lines not older than this: 15m, 2h' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l tail -d 'How many at most: the newest' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -s f -l follow -d 'Go on as lines come, until Ctrl-C'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand logs" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -l service -d 'Only those of this service' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -l status -d 'Only those that stand so' -r -f -a "new\t'Nobody has looked at it'
triaged\t'Somebody knows about it'
resolved\t'It should not come again'
regressed\t'It came again after it was resolved'"
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -l limit -d 'How many at most: those seen last' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -f -a "show" -d 'Show one in full, with the last line that said it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -f -a "triage" -d 'Say that somebody knows about it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -f -a "resolve" -d 'Say that it is gone: if it comes again, it is regressed'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and not __fish_seen_subcommand_from show triage resolve help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from show" -l service -d 'Only those of this service' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from show" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from show" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from show" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from show" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from show" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from show" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from show" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from show" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from triage" -l note -d 'What is known: kept with it' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from triage" -l service -d 'Only those of this service' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from triage" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from triage" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from triage" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from triage" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from triage" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from triage" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from triage" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from triage" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from triage" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from resolve" -l note -d 'What was done: kept with it' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from resolve" -l service -d 'Only those of this service' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from resolve" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from resolve" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from resolve" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from resolve" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from resolve" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from resolve" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from resolve" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from resolve" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from resolve" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one in full, with the last line that said it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from help" -f -a "triage" -d 'Say that somebody knows about it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from help" -f -a "resolve" -d 'Say that it is gone: if it comes again, it is regressed'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand errors; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand samples" -l probe -d 'Only looks of this probe' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand samples" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand samples" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand samples" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand samples" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand samples" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand samples" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand samples" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand samples" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand samples" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -f -a "add" -d 'Tell nobody of some alerts for a while. They go on being judged, and that they ended is told to those who were told'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -f -a "list" -d 'List the silences that are open, or with --all those of the last 30 days'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -f -a "end" -d 'End a silence before its time'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and not __fish_seen_subcommand_from add list end help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l rule -d 'Alerts of this rule' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l service -d 'Alerts about this service' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l severity -d 'Alerts of this severity: critical, high, medium, low' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l label -d 'Alerts whose rule has this label' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l for -d 'For how long: 30m, 2h' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l reason -d 'Why: kept with it, and told with the alerts it holds' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l everything -d 'Every alert of the environment, if nothing else says which'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from list" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from list" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from list" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from list" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from list" -l all -d 'Also those that are over'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from list" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from list" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from list" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from list" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from end" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from end" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from end" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from end" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from end" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from end" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from end" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from end" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from end" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from help" -f -a "add" -d 'Tell nobody of some alerts for a while. They go on being judged, and that they ended is told to those who were told'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the silences that are open, or with --all those of the last 30 days'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from help" -f -a "end" -d 'End a silence before its time'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand silence; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand ack" -l note -d 'What is known: kept with it' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand ack" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand ack" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand ack" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand ack" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand ack" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand ack" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand ack" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand ack" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand ack" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -l all -d 'Every rule of every service, also those that are quiet'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -l check -d 'Exit with 1 if something fires'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -f -a "explain" -d 'Say why an alert fires or not: its condition with values, its clocks, who was told, and why nobody was'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -f -a "sla" -d 'Show the figures that have thresholds: target, warning, critical, now, and how well they are kept'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -f -a "replay" -d 'Judge the rules over what was recorded: what would have fired, when, and for how long'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -f -a "test" -d 'Check rules against made-up series: a test file of ours (.toml) or one of Prometheus (.yml)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and not __fish_seen_subcommand_from explain sla replay test help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from explain" -l limit -d 'Events and deliveries shown at most: the newest' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from explain" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from explain" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from explain" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from explain" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from explain" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from explain" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from explain" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from explain" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from sla" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from sla" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from sla" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from sla" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from sla" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from sla" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from sla" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from sla" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from sla" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from replay" -l since -d 'Begin: a time ago (7d, 90m), or a moment' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from replay" -l until -d 'End, likewise [default: now]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from replay" -l rule -d 'Only this rule' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from replay" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from replay" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from replay" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from replay" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from replay" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from replay" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from replay" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from replay" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from test" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from test" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from test" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from test" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from test" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from test" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from test" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from test" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Say why an alert fires or not: its condition with values, its clocks, who was told, and why nobody was'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "sla" -d 'Show the figures that have thresholds: target, warning, critical, now, and how well they are kept'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "replay" -d 'Judge the rules over what was recorded: what would have fired, when, and for how long'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "test" -d 'Check rules against made-up series: a test file of ours (.toml) or one of Prometheus (.yml)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand alerts; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand slo" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand slo" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand slo" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand slo" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand slo" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand slo" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand slo" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand slo" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand slo" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -l target -d 'What was released [default: the deploy pipeline\'s target]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -l mark-bad -d 'Mark a release bad, so that nobody goes back to it' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -l reason -d 'Why it is bad' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -l limit -d 'How many' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand releases" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -f -a "open" -d 'Open one by hand. Alerts of the severities under `[incidents]` open one by themselves'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -f -a "list" -d 'List them, those that are open first'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -f -a "show" -d 'Show one with its timeline'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -f -a "note" -d 'Write something down in it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -f -a "role" -d 'Say who has which part: commander, communications, scribe, or any other'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -f -a "severity" -d 'Say how much it matters'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -f -a "status" -d 'Say how far it is'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -f -a "close" -d 'Close it: the next alert opens a new one'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -f -a "handover" -d 'Print a text to paste: what is so, what was done, who has it, what next'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -f -a "export" -d 'Write the post-mortem as Markdown, with charts as text, and as SVG files beside it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and not __fish_seen_subcommand_from open list show note role severity status close handover export help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from open" -l service -d 'The service it is about: it and all that depend on each other are one incident' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from open" -l severity -d 'How much it matters' -r -f -a "critical\t'Wake somebody'
high\t'Soon'
medium\t'In working hours'
low\t'In the daily summary'"
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from open" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from open" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from open" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from open" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from open" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from open" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from open" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from open" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from open" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from list" -l limit -d 'How many' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from list" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from list" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from list" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from list" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from list" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from list" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from list" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from list" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from show" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from show" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from show" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from show" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from show" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from show" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from show" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from show" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from note" -l id -d 'Its number [default: the one that is open]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from note" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from note" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from note" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from note" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from note" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from note" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from note" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from note" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from note" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from role" -l id -d 'Its number [default: the one that is open]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from role" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from role" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from role" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from role" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from role" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from role" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from role" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from role" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from role" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from severity" -l id -d 'Its number [default: the one that is open]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from severity" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from severity" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from severity" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from severity" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from severity" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from severity" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from severity" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from severity" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from severity" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from status" -l note -d 'What was seen' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from status" -l id -d 'Its number [default: the one that is open]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from status" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from status" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from status" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from status" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from status" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from status" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from status" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from status" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from close" -l note -d 'What it was' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from close" -l id -d 'Its number [default: the one that is open]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from close" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from close" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from close" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from close" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from close" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from close" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from close" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from close" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from close" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from handover" -l to -d 'Who has it from now on: kept with it' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from handover" -l next -d 'What comes next: kept with it' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from handover" -l id -d 'Its number [default: the one that is open]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from handover" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from handover" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from handover" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from handover" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from handover" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from handover" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from handover" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from handover" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from handover" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from export" -l dir -d 'Write files into this directory instead of printing' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from export" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from export" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from export" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from export" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from export" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from export" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from export" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from export" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from help" -f -a "open" -d 'Open one by hand. Alerts of the severities under `[incidents]` open one by themselves'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from help" -f -a "list" -d 'List them, those that are open first'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one with its timeline'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from help" -f -a "note" -d 'Write something down in it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from help" -f -a "role" -d 'Say who has which part: commander, communications, scribe, or any other'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from help" -f -a "severity" -d 'Say how much it matters'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from help" -f -a "status" -d 'Say how far it is'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from help" -f -a "close" -d 'Close it: the next alert opens a new one'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from help" -f -a "handover" -d 'Print a text to paste: what is so, what was done, who has it, what next'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write the post-mortem as Markdown, with charts as text, and as SVG files beside it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand incident; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l step -d 'Run this step: an ordinary run, planned, confirmed and logged' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l pipeline -d 'The pipeline, where there is more than one of the kind' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -s p -l param -d 'A parameter' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l confirm -d 'Start without asking where the environment\'s name must be typed' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l on-hold -d 'What to do when the run waits for a person' -r -f -a "leave\t'Leave it waiting and exit with 8'
wait\t'Go on following until somebody decides'
rollback\t'Roll back'
stop\t'Stop it as it is'"
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -s y -l yes -d 'Start without asking'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l dry-run -d 'Print the plan and start nothing'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l detach -d 'Return at once with exit code 9; the run goes on'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand playbook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand probe" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand probe" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand probe" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand probe" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand probe" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand probe" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand probe" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand probe" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l since -d 'Begin: a time ago (7d, 90m), or a moment (2026-11-21, "2026-11-21 14:00", RFC 3339)' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l until -d 'End, likewise [default: now]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l step -d 'Width of a step [default: so that there are at most 100]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l agg -d 'What a step\'s samples come to: avg, min, max, sum, count, last, p50, p95, p99, rate [default: avg; of series that are percentiles: max]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l by -d 'Each series that is recorded by this label' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l compare -d 'Beside it, the same window that long before, and the difference' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l list -d 'List the series there are'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l plot -d 'Draw it, with thresholds and deploys'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l csv -d 'Print CSV'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand query" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and not __fish_seen_subcommand_from test outbox help" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and not __fish_seen_subcommand_from test outbox help" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and not __fish_seen_subcommand_from test outbox help" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and not __fish_seen_subcommand_from test outbox help" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and not __fish_seen_subcommand_from test outbox help" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and not __fish_seen_subcommand_from test outbox help" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and not __fish_seen_subcommand_from test outbox help" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and not __fish_seen_subcommand_from test outbox help" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and not __fish_seen_subcommand_from test outbox help" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and not __fish_seen_subcommand_from test outbox help" -f -a "test" -d 'Send a test message the way every message goes, and wait for what becomes of it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and not __fish_seen_subcommand_from test outbox help" -f -a "outbox" -d 'Show what waits for each channel, and what became of the latest messages'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and not __fish_seen_subcommand_from test outbox help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from test" -l wait -d 'How long to wait' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from test" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from test" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from test" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from test" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from test" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from test" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from test" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from test" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from outbox" -l channel -d 'Only of this channel' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from outbox" -l limit -d 'How many messages' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from outbox" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from outbox" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from outbox" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from outbox" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from outbox" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from outbox" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from outbox" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from outbox" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from outbox" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from help" -f -a "test" -d 'Send a test message the way every message goes, and wait for what becomes of it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from help" -f -a "outbox" -d 'Show what waits for each channel, and what became of the latest messages'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand notify; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -f -a "status" -d 'Show what is applied, what is pending and what is wrong; exit with 1 if something is, with 8 if it is half done'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -f -a "migrate" -d 'Apply what is pending, or take migrations back'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -f -a "backup" -d 'Make a backup'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -f -a "backups" -d 'List backups'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -f -a "verify" -d 'Put a backup into a scratch database and look at it there'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -f -a "restore" -d 'Put a backup back'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -f -a "repair" -d 'Record what is true of a migration, after a look at the database'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and not __fish_seen_subcommand_from status migrate backup backups verify restore repair help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from status" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from status" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from status" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from status" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from status" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from status" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from status" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from status" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l to -d 'The migration that is the last afterwards' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l down-to -d 'Take back what is above this one' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l confirm -d 'Confirm a way down: the database\'s name' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l down -d 'Take back all of them'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l out-of-order -d 'Apply also those that come before applied ones'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l dry-run -d 'Print the SQL; where the database can, try it in a transaction that is rolled back'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from migrate" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backup" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backup" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backup" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backup" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backup" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backup" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backup" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backup" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backup" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backups" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backups" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backups" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backups" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backups" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backups" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backups" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backups" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from backups" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from verify" -l id -d 'The backup [default: the newest that is not known to be bad]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from verify" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from verify" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from verify" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from verify" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from verify" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from verify" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from verify" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from verify" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from restore" -l id -d 'The backup [default: the newest that is not known to be bad]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from restore" -l confirm -d 'Confirm: the database\'s name' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from restore" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from restore" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from restore" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from restore" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from restore" -l no-backup -d 'Make no backup of what is there now before'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from restore" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from restore" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from restore" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from restore" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -l applied -d 'All of it is there' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -l not-applied -d 'Nothing of it is there' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -l baseline -d 'It and all before it are there: for a database that was migrated by other means' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -l accept -d 'Its file was changed in words only' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -l confirm -d 'Confirm: the database\'s name' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from repair" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show what is applied, what is pending and what is wrong; exit with 1 if something is, with 8 if it is half done'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "migrate" -d 'Apply what is pending, or take migrations back'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "backup" -d 'Make a backup'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "backups" -d 'List backups'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Put a backup into a scratch database and look at it there'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "restore" -d 'Put a backup back'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "repair" -d 'Record what is true of a migration, after a look at the database'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand watch" -l linger -d 'With --while-needed: how long to outlive the last console or run' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand watch" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand watch" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand watch" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand watch" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand watch" -l while-needed -d 'End 60 s after the last console or run'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand watch" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand watch" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand watch" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand watch" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand watch" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand serve" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand serve" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand serve" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand serve" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand serve" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand serve" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand serve" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand serve" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand serve" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand doctor" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand doctor" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand doctor" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand doctor" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand doctor" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand doctor" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand doctor" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand doctor" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and not __fish_seen_subcommand_from check schema help" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and not __fish_seen_subcommand_from check schema help" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and not __fish_seen_subcommand_from check schema help" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and not __fish_seen_subcommand_from check schema help" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and not __fish_seen_subcommand_from check schema help" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and not __fish_seen_subcommand_from check schema help" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and not __fish_seen_subcommand_from check schema help" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and not __fish_seen_subcommand_from check schema help" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and not __fish_seen_subcommand_from check schema help" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and not __fish_seen_subcommand_from check schema help" -f -a "check" -d 'Print every error with its place; exit with 2 if there is one'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and not __fish_seen_subcommand_from check schema help" -f -a "schema" -d 'Print the JSON Schema, for completion in editors'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and not __fish_seen_subcommand_from check schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from check" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from check" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from check" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from check" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from check" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from check" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from schema" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from schema" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from schema" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from schema" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from schema" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from schema" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from schema" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from schema" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Print every error with its place; exit with 2 if there is one'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "schema" -d 'Print the JSON Schema, for completion in editors'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand init" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand init" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand init" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand init" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand init" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand init" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand init" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand init" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand init" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -l dir -d 'Where to keep it; it stays there afterwards [default: a temporary directory that goes away]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -l scenario -d 'With --headless: which' -r -f -a "good-release\t'A release that behaves: exits with 0'
bad-release\t'A release that fails its soak and is rolled back: exits with 6'"
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -l headless -d 'No screen: run a scenario to its end and print the run'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -f -a "fleet" -d 'Be the fleet: gateway, api, web, worker and database on loopback'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -f -a "versions" -d 'Print the versions that can be deployed, newest first'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -f -a "control" -d 'What the deploy steps do'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -f -a "fault" -d 'Inject a fault: slow-api, failing-api, database-down, worker-hangs, or clear'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and not __fish_seen_subcommand_from fleet versions control fault help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fleet" -l dir -d 'Where to keep it; it stays there afterwards [default: a temporary directory that goes away]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fleet" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fleet" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fleet" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fleet" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fleet" -l keep -d 'Stay when nobody is looking'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fleet" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fleet" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fleet" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fleet" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fleet" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from versions" -l dir -d 'Where to keep it; it stays there afterwards [default: a temporary directory that goes away]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from versions" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from versions" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from versions" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from versions" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from versions" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from versions" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from versions" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from versions" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from versions" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -l dir -d 'Where to keep it; it stays there afterwards [default: a temporary directory that goes away]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -f -a "start" -d 'Start a version in the idle colour'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -f -a "weight" -d 'Send that percentage of the traffic to the candidate'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -f -a "promote" -d 'Make the candidate the live one'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -f -a "discard" -d 'Stop the candidate'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -f -a "backup" -d 'Copy the database'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -f -a "stop" -d 'Stop the whole fleet'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from control" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fault" -l dir -d 'Where to keep it; it stays there afterwards [default: a temporary directory that goes away]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fault" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fault" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fault" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fault" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fault" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fault" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fault" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fault" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from fault" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from help" -f -a "fleet" -d 'Be the fleet: gateway, api, web, worker and database on loopback'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from help" -f -a "versions" -d 'Print the versions that can be deployed, newest first'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from help" -f -a "control" -d 'What the deploy steps do'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from help" -f -a "fault" -d 'Inject a fault: slow-api, failing-api, database-down, worker-hangs, or clear'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand demo; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand completions" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand completions" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand completions" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand completions" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand completions" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand completions" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand completions" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand completions" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand completions" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand man" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand man" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand man" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand man" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand man" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand man" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand man" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand man" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand man" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l pdeathsig -d 'The signal to receive when the parent dies' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l parent -d 'The parent it must have' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l oom-score -d 'Killed earlier when memory runs out, the higher' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l report -d 'Where to write why the command could not be executed' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l setsid -d 'Lead a session of its own'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l detach -d 'Start the command in a new session and return at once'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand exec" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand database-job" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand database-job" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand database-job" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand database-job" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand database-job" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand database-job" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand database-job" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand database-job" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand database-job" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runner" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runner" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runner" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runner" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runner" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runner" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runner" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runner" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand runner" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand supervise" -l dir -d 'The attempt\'s directory' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand supervise" -l config -d 'Configuration file or directory [default: ./quarterdeck.toml, then the platform\'s config directory]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand supervise" -l state -d 'State directory [default: the configuration\'s state_dir, then one for each configuration under XDG_STATE_HOME]' -r -F
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand supervise" -s e -l env -d 'Environment [default: the only one, or the first]' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand supervise" -l theme -d 'Console theme: dark, light, high-contrast, colour-blind, 16-colour, mono, or a file' -r
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand supervise" -l json -d 'Print JSON'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand supervise" -l plain -d 'Print plain lines without colour or columns: for screen readers and CI'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand supervise" -l ascii -d 'Console: draw with ASCII only'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand supervise" -l read-only -d 'Console: no key that changes anything'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand supervise" -s h -l help -d 'Print help'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "status" -d 'Show every service of an environment and the runs under way'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "deploy" -d 'Run the deploy pipeline'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "verify" -d 'Run a suite, or the verify pipeline'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "rollback" -d 'Go back to an earlier release: by default the newest good one'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "run" -d 'Run any pipeline by name'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "attach" -d 'Follow a run until it ends'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "decide" -d 'Say something to a run that waits for a person'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "runs" -d 'List runs, show one, or start one from a part of another'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "log" -d 'Print the log of a run'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "logs" -d 'Print lines of services\' logs, across services in order of time'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "errors" -d 'List errors of services, each kind once, or show, triage or resolve one'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "samples" -d 'List looks at a service that failed lately, a few kinds of each probe, with what was answered'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "silence" -d 'Tell nobody of some alerts for a while, list what is silenced, or end a silence'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "ack" -d 'Say that somebody knows about an alert that fires: no repeats, no escalation; its end is told'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "alerts" -d 'List alerts that stand, explain one, replay rules over the history, or test them'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "slo" -d 'Show objectives: the budget that is left, and how fast it burns'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "releases" -d 'List releases: what can be gone back to, and why not'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "incident" -d 'Incidents: open, tell, hand over, close, write down'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "playbook" -d 'List playbooks, show one, or run a step of it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "probe" -d 'Take one look now and print its phases, facts and verdict'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "query" -d 'Ask for a series over time: a table, JSON, CSV or a plot'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "notify" -d 'Try a channel, or see what was told and what waits'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "db" -d 'Migrate, back up and restore databases, by hand'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "watch" -d 'Watch without a screen until stopped: what the systemd unit runs'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "serve" -d 'Serve health, metrics and status over HTTP in the foreground; a watcher does so by itself where `serve` is configured'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "doctor" -d 'Look at this machine and configuration, and say what would go wrong'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "config" -d 'Check the configuration, or print its schema'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "init" -d 'Write a commented starter configuration'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "demo" -d 'See the whole loop on an embedded fleet: watch, deploy, see it go wrong, roll back'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "completions" -d 'Print completions for a shell'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "man" -d 'Print the manual page'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "exec" -d 'Set up a process, then become the command (used by Quarterdeck itself)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "database-job" -d 'Do a step\'s work on a database (used by Quarterdeck itself)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "runner" -d 'Hold one run to its end (used by Quarterdeck itself)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "supervise" -d 'Be the parent of one command of a run (used by Quarterdeck itself)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and not __fish_seen_subcommand_from status deploy verify rollback run attach decide runs log logs errors samples silence ack alerts slo releases incident playbook probe query notify db watch serve doctor config init demo completions man exec database-job runner supervise help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from runs" -f -a "fork" -d 'Start a new run of a part of a run\'s plan, as it was planned then'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from errors" -f -a "show" -d 'Show one in full, with the last line that said it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from errors" -f -a "triage" -d 'Say that somebody knows about it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from errors" -f -a "resolve" -d 'Say that it is gone: if it comes again, it is regressed'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from silence" -f -a "add" -d 'Tell nobody of some alerts for a while. They go on being judged, and that they ended is told to those who were told'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from silence" -f -a "list" -d 'List the silences that are open, or with --all those of the last 30 days'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from silence" -f -a "end" -d 'End a silence before its time'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "explain" -d 'Say why an alert fires or not: its condition with values, its clocks, who was told, and why nobody was'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "sla" -d 'Show the figures that have thresholds: target, warning, critical, now, and how well they are kept'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "replay" -d 'Judge the rules over what was recorded: what would have fired, when, and for how long'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from alerts" -f -a "test" -d 'Check rules against made-up series: a test file of ours (.toml) or one of Prometheus (.yml)'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from incident" -f -a "open" -d 'Open one by hand. Alerts of the severities under `[incidents]` open one by themselves'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from incident" -f -a "list" -d 'List them, those that are open first'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from incident" -f -a "show" -d 'Show one with its timeline'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from incident" -f -a "note" -d 'Write something down in it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from incident" -f -a "role" -d 'Say who has which part: commander, communications, scribe, or any other'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from incident" -f -a "severity" -d 'Say how much it matters'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from incident" -f -a "status" -d 'Say how far it is'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from incident" -f -a "close" -d 'Close it: the next alert opens a new one'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from incident" -f -a "handover" -d 'Print a text to paste: what is so, what was done, who has it, what next'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from incident" -f -a "export" -d 'Write the post-mortem as Markdown, with charts as text, and as SVG files beside it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from notify" -f -a "test" -d 'Send a test message the way every message goes, and wait for what becomes of it'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from notify" -f -a "outbox" -d 'Show what waits for each channel, and what became of the latest messages'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "status" -d 'Show what is applied, what is pending and what is wrong; exit with 1 if something is, with 8 if it is half done'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "migrate" -d 'Apply what is pending, or take migrations back'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "backup" -d 'Make a backup'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "backups" -d 'List backups'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "verify" -d 'Put a backup into a scratch database and look at it there'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "restore" -d 'Put a backup back'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "repair" -d 'Record what is true of a migration, after a look at the database'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Print every error with its place; exit with 2 if there is one'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "schema" -d 'Print the JSON Schema, for completion in editors'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from demo" -f -a "fleet" -d 'Be the fleet: gateway, api, web, worker and database on loopback'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from demo" -f -a "versions" -d 'Print the versions that can be deployed, newest first'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from demo" -f -a "control" -d 'What the deploy steps do'
complete -c quarterdeck -n "__fish_quarterdeck_using_subcommand help; and __fish_seen_subcommand_from demo" -f -a "fault" -d 'Inject a fault: slow-api, failing-api, database-down, worker-hangs, or clear'
