/* SPDX-License-Identifier: BSD-2-Clause */
/* completion.c - `tuan completion bash`: a script in which every word comes from a row: of a
 * subcommand, a flag, a method, an argument, an option. */
#include <stdio.h>
#include <string.h>

#include "bench/tool/args.h"
#include "bench/tool/tool.h"
#include "proto/schema.h"

/* ---- flags of tuan ---- */

static void print_flags(void *context, const struct usage *usage)
{
    (void)context;
    for (size_t i = 0; i < usage->count; i++)
        printf("%s ", usage->flags[i].name);
    printf("--help");
}

/* Those that another word follows: what it is, is not known to the shell. */
static void print_value_flags(void *context, const struct usage *usage)
{
    (void)context;
    for (size_t i = 0; i < usage->count; i++) {
        const struct flag *flag = &usage->flags[i];
        if (flag->kind == FLAG_SWITCH) continue;
        printf("|%s", flag->name);
        if (flag->alias != NULL) printf("|%s", flag->alias);
    }
}

static void ask_each(struct tool *tool, args_reader *reader, const char *before, const char *after)
{
    args_read_rows(reader, NULL);
    for (size_t i = 0; i < tool->subcommand_count; i++) {
        char name[32];
        char *argv[] = {name, NULL};
        if (tool->subcommands[i].run == NULL || tool->subcommands[i].run == completion_command)
            continue;
        snprintf(name, sizeof name, "%s", tool->subcommands[i].name);
        if (*before != '\0') printf("    %s%s", name, before);
        tool->subcommands[i].run(tool, 1, argv);
        printf("%s", after);
    }
    args_read_rows(NULL, NULL);
}

static void print_tuan_words(struct tool *tool)
{
    printf("_tuan_flags() {\n  case $1 in\n");
    ask_each(tool, print_flags, ") echo '", "' ;;\n");
    printf("    completion) echo bash ;;\n    *) echo '");
    for (size_t i = 0; i < tool->subcommand_count; i++)
        if (tool->subcommands[i].run != NULL) printf("%s ", tool->subcommands[i].name);
    printf("--server --json --version --help' ;;\n  esac\n}\n"
           "_tuan_takes_value() {\n  case $1 in\n    -s|--server");
    ask_each(tool, print_value_flags, "", "");
    printf(") return 0 ;;\n  esac\n  return 1\n}\n");
}

/* ---- methods ---- */

static void print_methods(void)
{
    printf("_tuan_methods='");
    for (int id = 0; id < TUAN_CMD_COUNT; id++)
        if (tuan_commands[id].kind != TUAN_KIND_LATER)
            printf("%s%s", id == 0 ? "" : " ", tuan_commands[id].name);
    printf("'\n_tuan_params='");
    for (int id = 0; id < TUAN_PARAM_COUNT; id++)
        printf("%s%s=", id == 0 ? "" : " ", tuan_param_fields[id].name);
    printf("'\n");
}

static void print_arguments(void)
{
    printf("_tuan_arguments() {\n  case $1 in\n");
    for (int id = 0; id < TUAN_CMD_COUNT; id++) {
        printf("    %s) echo \"", tuan_commands[id].name);
        for (const struct tuan_use *use = tuan_commands[id].uses; use->kind != TUAN_USE_END; use++)
            if (use->kind == TUAN_USE_PARAMS)
                printf("$_tuan_params ");
            else
                printf("%s= ", tuan_arg_fields[use->arg].name);
        printf("\" ;;\n");
    }
    printf("  esac\n}\n");
}

static void print_values(const struct tuan_field *field)
{
    if (field->type != TUAN_WORD && field->type != TUAN_FLAG) return;
    printf("    %s) echo '", field->name);
    if (field->type == TUAN_FLAG) printf("0 1");
    for (size_t i = 0; field->type == TUAN_WORD && i < field->words->count; i++)
        printf("%s%s", i == 0 ? "" : " ", field->words->words[i].word);
    printf("' ;;\n");
}

static void print_all_values(void)
{
    printf("_tuan_values() {\n  case $1 in\n");
    for (int id = 0; id < TUAN_ARG_COUNT; id++)
        print_values(&tuan_arg_fields[id]);
    for (int id = 0; id < TUAN_PARAM_COUNT; id++)
        print_values(&tuan_param_fields[id]);
    printf("  esac\n}\n");
}

/* ---- the script ---- */

/* bash takes `=` for a word of its own. */
static const char functions[] =
    "_tuan_offer() { COMPREPLY=($(compgen -W \"$1\" -- \"$2\")); }\n"
    "_tuan_offer_names() {\n"
    "  _tuan_offer \"$1\" \"$2\"\n"
    "  [[ ${COMPREPLY[0]-} == *= ]] && type -t compopt >/dev/null && compopt -o nospace "
    "2>/dev/null\n"
    "  return 0\n"
    "}\n"
    "_tuan() {\n"
    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} sub= at i\n"
    "  COMPREPLY=()\n"
    "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "    case ${COMP_WORDS[i]} in\n"
    "      =) ((i++)) ;;\n"
    "      -s|--server) [[ ${COMP_WORDS[i+1]-} == = ]] || ((i++)) ;;\n"
    "      -*) ;;\n"
    "      *) sub=${COMP_WORDS[i]} at=$i; break ;;\n"
    "    esac\n"
    "  done\n"
    "  if [[ $sub == call ]]; then\n"
    "    local name=\n"
    "    if [[ $cur == = ]]; then name=$prev cur=; fi\n"
    "    if [[ $prev == = ]]; then name=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
    "    if [[ -n $name ]]; then\n"
    "      _tuan_offer \"$(_tuan_values \"$name\")\" \"$cur\"\n"
    "    elif ((COMP_CWORD == at + 1)); then\n"
    "      _tuan_offer \"$_tuan_methods $(_tuan_flags call)\" \"$cur\"\n"
    "    elif [[ $cur == @* ]]; then\n"
    "      COMPREPLY=($(compgen -P @ -f -- \"${cur#@}\"))\n"
    "    else\n"
    "      _tuan_offer_names \"$(_tuan_arguments \"${COMP_WORDS[at+1]}\")\" \"$cur\"\n"
    "    fi\n"
    "  elif _tuan_takes_value \"$prev\"; then\n"
    "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
    "  else\n"
    "    _tuan_offer \"$(_tuan_flags \"$sub\")\" \"$cur\"\n"
    "    [[ -n $sub && $cur != -* && ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "
    "\"$cur\"))\n"
    "  fi\n"
    "  return 0\n"
    "}\n"
    /* What tuand takes, its own --help tells: "  --flag words|of|it" and "  key  what it is". */
    "_tuand() {\n"
    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} help words=\n"
    "  COMPREPLY=()\n"
    "  help=$(\"${COMP_WORDS[0]}\" --help 2>/dev/null)\n"
    "  case $prev in\n"
    "    --set)\n"
    "      words=$(sed -nE 's/^  ([a-z_]+(\\.[a-z_]+)*) .*/\\1=/p' <<<\"$help\")\n"
    "      _tuan_offer_names \"$words\" \"$cur\"; return 0 ;;\n"
    "    --config|--dir|--rpc-unix) COMPREPLY=($(compgen -f -- \"$cur\")); return 0 ;;\n"
    "    --*) words=$(sed -nE \"s/^  $prev ([^ ]+\\|[^ ]+)$/\\1/p\" <<<\"$help\") ;;\n"
    "  esac\n"
    "  [[ -n $words ]] || words=$(sed -nE 's/^  (--[a-z-]+).*/\\1/p' <<<\"$help\")\n"
    "  _tuan_offer \"${words//|/ }\" \"$cur\"\n"
    "}\n"
    "complete -F _tuan tuan\n"
    "complete -F _tuand tuand\n";

int completion_command(struct tool *tool, int argc, char **argv)
{
    const struct usage usage = {
        "tuan completion bash",
        "Prints what bash needs to complete the command lines of tuan and tuand:\n"
        "  source <(tuan completion bash)\n"
        "or, for all users: tuan completion bash > /usr/share/bash-completion/completions/tuan\n",
        NULL, 0};

    switch (args_parse(&usage, &argc, argv, false)) {
    case ARGS_BAD: return TOOL_USAGE;
    case ARGS_HELP: return TOOL_OK;
    case ARGS_OK: break;
    }
    if (argc != 2 || strcmp(argv[1], "bash") != 0) {
        fprintf(stderr, "tuan: completion for which shell? There is: bash\n");
        return TOOL_USAGE;
    }
    printf("# Completion of tuan and tuand " TUAN_VERSION " for bash: tuan completion bash\n");
    print_tuan_words(tool);
    print_methods();
    print_arguments();
    print_all_values();
    printf("%s", functions);
    return TOOL_OK;
}
