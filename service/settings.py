"""All settings of the service: environment `SPEECHAUDIT_*` over one TOML file, checked at start."""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, IPvAnyNetwork, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from service.errors import ConfigError
from service.setting_values import DatabaseUrl, Folder, ZoneName
from service.sources import Source
from speechaudit.model import Setting
from speechaudit.rules import ringing
from speechaudit.rules.ringing import RingLimit
from speechaudit.validation import field_of, meaning

PREFIX = "SPEECHAUDIT_"
CONFIG = f"{PREFIX}CONFIG"
_OF_THE_LIBRARY = {f"{PREFIX}CACHE", f"{PREFIX}MODELS"}
DEFAULT_CONFIG = Path("speechaudit.toml")
_MEGABYTE = 1024 * 1024


class Settings(BaseSettings):
    """Typed and described settings; paths are relative to the working folder."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True)

    data: Path = Field(default=Path("speechaudit-data"), description="数据文件夹:数据库和录音的默认位置")
    database_url: DatabaseUrl | None = Field(
        default=None,
        description="数据库。默认是数据文件夹里的 SQLite;多台机器用 postgresql+psycopg://用户:密码@主机/库",
    )
    jobs_url: DatabaseUrl | None = Field(
        default=None,
        description="任务队列的数据库。默认:SQLite 时是数据文件夹里另一个文件,PostgreSQL 时与 database_url 相同",
    )
    audio_url: str | None = Field(
        default=None,
        description="录音存放处:文件夹,或任何 fsspec 地址,例如 s3://桶/前缀。默认是数据文件夹里的 audio",
    )
    audio_endpoint: str | None = Field(default=None, description="S3 兼容存储的接口地址,例如 https://minio.local:9000")
    audio_key: str | None = Field(default=None, description="S3 的访问密钥 ID")
    audio_secret: SecretStr | None = Field(default=None, description="S3 的访问密钥")
    upload_limit_mb: int = Field(default=2048, ge=1, description="单个录音的大小上限,单位 MB")
    upload_setting: Setting | None = Field(
        default=None,
        description="上传时没有说明场景的录音按什么场景:phone 或 counter。默认不猜,放进待处理",
    )
    host: str = Field(default="127.0.0.1", description="serve 监听的地址;0.0.0.0 表示所有网卡")
    port: int = Field(default=8000, ge=1, le=65535, description="serve 监听的端口")
    timezone: ZoneName = Field(default="Asia/Shanghai", description="没有写时区的时间按此时区理解")
    centre_name: str = Field(default="", max_length=60, description="中心的名称,写在报告的题头")
    lexicons: Path | None = Field(default=None, description="规则文件夹。默认用随程序安装的")
    profile: str = Field(default="default", description="方案:各规范不一致处的取舍")
    ring_limit_seconds: float | None = Field(
        default=None, ge=1, le=600, description="本中心的接听时限:电话响几秒之内接听。默认按方案"
    )
    ring_limit_rings: int | None = Field(
        default=None, ge=1, le=60, description="同上,按响几声规定:第几声结束之前接听。与 ring_limit_seconds 只写一项"
    )
    ring_tone_seconds: float = Field(default=ringing.TONE, ge=0.1, le=30, description="本中心的交换机一声响几秒")
    ring_pause_seconds: float = Field(default=ringing.PAUSE, ge=0, le=60, description="两声之间停几秒")
    model: str | None = Field(
        default=None,
        description="识别模型:登记的或现成的名称、hub 编号或文件夹(docs/models.md)。默认用 model use 选的,否则自动选择",
    )
    model_rest_minutes: float | None = Field(
        default=None, gt=0, description="多少分钟没有录音后让识别模型让出内存(显存),有录音时再载入。默认一直留着"
    )
    voices: Folder | None = Field(
        default=None, description="声纹档案文件夹(speechaudit voices enrol),用于柜台的单声道录音。默认不用声纹"
    )
    prompts: Folder | None = Field(
        default=None, description="本中心提示音的文件夹(speechaudit prompts):录音里与之相同的声音是自动播报。默认不用"
    )
    labels: Path | None = Field(
        default=None,
        description="从复核中学到的标签模型的文件夹(speechaudit learn)。默认是数据文件夹里的 labels",
    )
    keep_audio_days: int | None = Field(
        default=None, ge=1, description="录音收到多少天后删除声音;默认不删除。申诉中的不删,下同"
    )
    keep_transcript_days: int | None = Field(
        default=None, ge=1, description="多少天后删除转写;判定里引用的原话保留到稽核结果删除时"
    )
    keep_audit_days: int | None = Field(default=None, ge=1, description="多少天后连同稽核结果全部删除")
    keep_report_days: int | None = Field(default=None, ge=1, description="签发的报告多少天后删除;其中原话随录音删去")
    appeal_days: int = Field(default=15, ge=1, le=365, description="工作人员可在稽核或复核后几天内申诉")
    review_sample: float = Field(
        default=0.05, ge=0, le=1, description="明确的判定中抽多大比例给人复核(0 到 1),用来统计程序的错判率"
    )
    webhook_networks: tuple[IPvAnyNetwork, ...] = Field(
        default=(),
        description='推送可以发往的内部网络,例如 ["192.168.0.0/16"]。默认只发往互联网地址,本机和内网的一律不发',
    )
    robot_hosts: tuple[str, ...] = Field(
        default=(),
        description='个人的机器人通知除企业微信和钉钉外还可发往的主机,例如单位自己的转发程序 ["relay.local"]',
    )
    site_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="网页的地址,写在邮件和机器人消息里,例如 https://audit.example.cn",
    )
    smtp_host: str | None = Field(default=None, description="邮件服务器。默认没有,不发邮件")
    smtp_port: int = Field(default=465, ge=1, le=65535, description="邮件服务器的端口")
    smtp_security: Literal["tls", "starttls", "none"] = Field(default="tls", description="与邮件服务器的连接怎样加密")
    smtp_user: str = Field(default="", description="邮件服务器的用户名;不需要登录时不填")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="邮件服务器的密码")
    smtp_from: str = Field(default="speechaudit@localhost", description="邮件的发件人")
    second_review_sample: float = Field(
        default=0.1, ge=0, le=1, description="复核过的判定中抽多大比例由第二人独立复核(0 到 1),用来统计两人的一致程度"
    )
    worker_inside: bool | None = Field(
        default=None, description="serve 是否自带处理任务的 worker。默认:SQLite 时是,PostgreSQL 时否"
    )
    worker_name: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9._-]{1,60}$",
        description="worker 的名字,每个 worker 唯一且重启后不变。默认:主机名加序号",
    )
    worker_jobs: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="一个 worker 同时处理的录音数。默认:每张显卡 16 个,没有显卡时每 4 个核 1 个,见 docs/deployment.md",
    )
    heartbeat_seconds: float = Field(default=5, ge=0.1, le=60, description="worker 每隔几秒报告一次自己还在")
    dead_after_seconds: float = Field(
        default=30,
        ge=1,
        description="worker 多少秒没有报告即视为已停止,由其他 worker 接手它的任务;须大于 2 次报告的间隔",
    )
    intake: tuple[Source, ...] = Field(
        default=(),
        description="自动收录音的来源:监视的文件夹和录音设备的推送,每个来源一个 [[intake]],见 docs/recorders.md",
    )
    intake_folders: tuple[Path, ...] = Field(
        default=(),
        description='在网页上可以设置监视哪些文件夹:这些和它们里面的,例如 ["/srv/recordings"]。默认没有,只能设置推送',
    )
    session_idle_minutes: int = Field(
        default=30, ge=1, le=720, description="登录后多少分钟没有操作即自动退出;最长 12 小时后总要重新登录"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="日志的详细程度")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment go before the TOML file; nothing else is read."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())

    @property
    def database(self) -> str:
        """The URL of the application's database."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'speechaudit.sqlite'}"

    @property
    def jobs(self) -> str:
        """The URL of the job queue's database: never the application's SQLite file."""
        if self.jobs_url:
            return self.jobs_url
        return f"sqlite:///{self.data.absolute() / 'jobs.sqlite'}" if self.on_sqlite else self.database

    @property
    def on_sqlite(self) -> bool:
        """Whether the application's database is a file on this machine."""
        return self.database.startswith("sqlite")

    @property
    def works_inside(self) -> bool:
        """Whether `serve` runs a worker of its own."""
        return self.on_sqlite if self.worker_inside is None else self.worker_inside

    @property
    def audio(self) -> str:
        """The URL or folder of the recordings."""
        return self.audio_url or str(self.data.absolute() / "audio")

    @property
    def label_models(self) -> Path:
        """The folder of the label models that learned from the reviewers."""
        return self.labels or self.data.absolute() / "labels"

    @property
    def upload_limit(self) -> int:
        """Bytes that one recording may have."""
        return self.upload_limit_mb * _MEGABYTE

    @property
    def session_idle(self) -> timedelta:
        """After how long without anything done a session is over."""
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def ring_limit(self) -> RingLimit | None:
        """The centre's own limit of ringing; None where that of the profile holds."""
        if self.ring_limit_rings is not None:
            return RingLimit.of_rings(self.ring_limit_rings, self.ring_tone_seconds, self.ring_pause_seconds)
        return None if self.ring_limit_seconds is None else RingLimit(seconds=self.ring_limit_seconds)

    @property
    def zone(self) -> ZoneInfo:
        """Where times without a zone are at home."""
        return ZoneInfo(self.timezone)


def told_by(name: str) -> str:
    """Return where the value of a setting stands, for people: an environment variable goes before the file."""
    variable = PREFIX + name.upper()
    return f"环境变量 {variable}" if os.environ.get(variable) else f"设置文件的 {name}"


def config_file() -> Path | None:
    """Return the TOML file: the one that `SPEECHAUDIT_CONFIG` names, or ./speechaudit.toml if it is there."""
    if named := os.environ.get(CONFIG):
        return Path(named)
    return DEFAULT_CONFIG if DEFAULT_CONFIG.is_file() else None


def load() -> Settings:
    """Read and check all settings. Raises ConfigError naming key and cure.

    Every process of the service begins here: what it makes from now on is its own user's alone, and so is the data
    folder that an earlier version may have left open to others.
    """
    os.umask(0o077)
    _refuse_unknown(os.environ)
    file = config_file()
    if file and not file.is_file():
        raise ConfigError(CONFIG, f"没有这个文件:{file}", "请检查路径,或去掉这个环境变量")
    try:
        settings = Settings()
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(file, f"不是正确的 TOML:{problem}", "请检查引号、等号和换行") from problem
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(file, f"无法读取:{problem}", "请检查权限,并以 UTF-8 编码保存") from problem
    except ValidationError as problem:
        raise ConfigError(*_complaint(problem)) from problem
    except SettingsError as problem:
        raise ConfigError("intake", f"不是正确的 JSON({problem})", "请写进 TOML 文件,见 docs/recorders.md") from problem
    if repeated := [name for name, n in Counter(source.name for source in settings.intake).items() if n > 1]:
        raise ConfigError("intake", f"来源名称 {repeated[0]} 出现了两次", "每个来源的 name 须不同")
    if None not in {settings.ring_limit_seconds, settings.ring_limit_rings}:
        raise ConfigError("ring_limit_seconds", "与 ring_limit_rings 都写了", "接听时限按秒还是按声,只写一项")
    if settings.dead_after_seconds <= 2 * settings.heartbeat_seconds:
        raise ConfigError("dead_after_seconds", "须大于 heartbeat_seconds 的 2 倍", "请调大它,或调小 heartbeat_seconds")
    with suppress(OSError):  # made by another user, who decides about it, or not made yet
        settings.data.chmod(0o700)
    return settings


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = {CONFIG, *_OF_THE_LIBRARY, *(PREFIX + name.upper() for name in Settings.model_fields)}
    for name in environment:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise ConfigError(name, "没有这项设置,可能拼错了", "所有设置见 docs/settings.md")


def _complaint(problem: ValidationError) -> tuple[str, str, str]:
    error: Any = problem.errors()[0]
    key = field_of(error["loc"])
    field = Settings.model_fields.get(key)
    cure = f"{field.description}。环境变量 {PREFIX}{key.upper()}" if field else "所有设置见 docs/settings.md"
    return key, meaning(error), cure
