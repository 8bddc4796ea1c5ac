# Print the path of the newest usable Python, or one sentence that says what is missing.
# A name on the PATH proves nothing (version managers leave stubs behind), so each candidate is asked.
for name in python3.13 python3.12 python3.11 python3 python; do
    version=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case "$version" in
        3.11 | 3.12 | 3.13) ;;
        *) wrong=$version; continue ;;
    esac
    if "$name" -c 'import ensurepip, venv' 2>/dev/null; then
        "$name" -c 'import sys; print(sys.executable)'
        exit 0
    fi
    bare=$version
done
if [ -n "$bare" ]; then
    echo "Python $bare is here but without its venv module; install it (Debian and Ubuntu: apt install python$bare-venv) and try again"
elif [ -n "$wrong" ]; then
    echo "Glassbox needs Python 3.11, 3.12 or 3.13, and found only $wrong"
else
    echo "Glassbox needs Python 3.11, 3.12 or 3.13, and found none"
fi
