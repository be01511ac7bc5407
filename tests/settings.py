"""The program's settings with secrets of their own, so that tests need no file and no set-up."""

import os

TEST_SECRETS = {
    "SECRET_KEY": "the-tests-alone-know-this-long-and-quite-random-string-8c1fd7e0",
    "FIELD_KEYS": "1:the-tests-encrypt-with-this",
    "INDEX_KEY": "the-tests-index-with-this",
}
# In the environment rather than here: commands that tests start as processes need them too.
os.environ.update(TEST_SECRETS)

from gridmgmt.settings import *  # noqa: E402, F403 - the secrets stand first
