/* A standard stream that was closed (`ostoken token >&-`) is open and useless before Rust starts: else its runtime puts
 * /dev/null there, which takes a token and says that all is well. As gnulib's stdopen does it. A program that `exec` becomes
 * finds the stream closed, as its caller wanted it. */
#include <fcntl.h>
#include <unistd.h>

__attribute__((constructor)) static void occupy_closed_streams(void) {
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) == -1) {
            /* The lowest free number is this one's; reading from standard input fails, as does writing to the others. */
            (void)!open("/dev/null", (stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
        }
    }
}
