# For steps that need skopeo: installs Debian's where it is not there and can be. To be sourced.
if ! command -v skopeo > /dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  (apt-get update -q && apt-get install -qy --no-install-recommends skopeo) || true
fi
