from pathlib import Path


def test_reference_profile_renders_the_documented_command(wingsctl, examples, tmp_path, helm):
    from tests.support.helm import argv

    profile = examples / "deepseek-r1-distill-qwen-1.5b-t4.wings.yaml"
    outcome = wingsctl("render", profile, "-o", tmp_path)
    assert outcome.code == 0, outcome.stderr
    print(argv(helm.template(Path(tmp_path) / "wings-infer")))
