/** What a shell loads once; it asks the program itself at each key, so that it knows whatever version is installed. */

const BASH = `# bash completion of prodserver
_prodserver() {
    local IFS=$'\\n' how value
    COMPREPLY=()
    {
        read -r how || return
        while IFS= read -r value; do COMPREPLY+=("\${value%%$'\\t'*}"); done
    } < <("\${COMP_WORDS[0]}" __complete bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    case $how in
        :files)
            compopt -o filenames 2>/dev/null
            COMPREPLY=($(compgen -f -- "\${2#=}")) ;;
        :nospace)
            compopt -o nospace 2>/dev/null ;;
    esac
}
complete -F _prodserver prodserver
`;

const ZSH = `#compdef prodserver
_prodserver() {
    local -a lines
    local line how
    lines=("\${(@f)$("\${words[1]}" __complete zsh "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    how=$lines[1]
    shift lines
    local -a values
    for line in $lines; do
        values+=("\${\${line//:/\\\\:}/$'\\t'/:}")
    done
    case $how in
        (:files) compset -P '--*='; _files ;;
        (:nospace) _describe prodserver values -S '' ;;
        (*) _describe prodserver values ;;
    esac
}
if [[ $funcstack[1] == _prodserver ]]; then
    _prodserver "$@"
else
    compdef _prodserver prodserver
fi
`;

const FISH = `# fish completion of prodserver
function __prodserver_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines ($words[1] __complete fish $words[2..-1] 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$words[-1]")
    else
        printf '%s\\n' $lines[2..-1]
    end
end
complete -c prodserver -f -a '(__prodserver_complete)'
`;

export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
